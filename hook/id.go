package hook

import (
	"strconv"
	"time"

	"github.com/google/uuid"
)

// ID identifies everything that Posthorn makes: a UUIDv7 (RFC 9562), so that
// ids sort by their time of creation, to the millisecond.
type ID = uuid.UUID

// NewID returns a new UUIDv7. It panics only when the system's random source
// fails, after which no secret could be made either.
func NewID() ID { return uuid.Must(uuid.NewV7()) }

// ParseID reads an id in text form (36 characters, RFC 9562). The other forms
// that uuid.Parse knows (braces, URN) are refused: an id has one spelling.
func ParseID(s string) (ID, error) {
	if len(s) != 36 {
		return ID{}, Invalid("an id is a UUID of 36 characters")
	}
	id, err := uuid.Parse(s)
	if err != nil {
		return ID{}, Invalid("an id is a UUID of 36 characters")
	}
	return id, nil
}

// IDTime returns the time that a UUIDv7 carries, to the millisecond.
func IDTime(id ID) time.Time {
	ms := int64(0)
	for _, b := range id[:6] {
		ms = ms<<8 | int64(b)
	}
	return time.UnixMilli(ms).UTC()
}

// Time cuts a time to the contract's precision: UTC, milliseconds.
func Time(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// TimeFormat is RFC 3339 in UTC with milliseconds, as every time is written.
const TimeFormat = "2006-01-02T15:04:05.000Z"

// FormatTime writes t as TimeFormat.
func FormatTime(t time.Time) string { return t.UTC().Format(TimeFormat) }

// MessageWorkflow is the id of the workflow of one run of a message's
// archiving. It names one run and is never used twice.
func MessageWorkflow(id ID, run int) string { return runID("message/"+id.String(), run) }

// DeliveryWorkflow is the id of the workflow of one run of a delivery.
func DeliveryWorkflow(id ID, run int) string { return runID("delivery/"+id.String(), run) }

func runID(id string, run int) string {
	if run == 0 {
		return id
	}
	return id + "/" + strconv.Itoa(run)
}
