package archive

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"posthorn/hook"
)

// Record is a message's record: two WARC records, or one of a message that came
// in a batch, each a gzip member.
type Record struct {
	Bytes         []byte
	ContentSHA256 string // hex, of the records before compression
}

// NewRecord writes a message's record. It is a pure function of what is stored
// of the message and never changes: no clock, no random number, nothing that
// can be set later, such as retention; so a retry writes the same.
//
// What must not be sealed is refused, since it cannot be taken back: a message
// without a number, with an attachment that is not settled, or whose body does
// not have its digest.
func NewRecord(m *hook.Message) (Record, error) {
	w := newWriter()
	if err := w.message(m); err != nil {
		return Record{}, err
	}
	return w.record(), nil
}

// message writes a message's record: the request that brought it, unless that is
// a batch, which has a record of its own, and what was made of it.
func (w *writer) message(m *hook.Message) error {
	if err := sealable(m); err != nil {
		return fmt.Errorf("archive: message %s cannot be sealed: %w", m.ID, err)
	}
	id, sum := m.Batch.ID, m.Batch.Record.RequestSHA256
	if id == (hook.ID{}) {
		id, sum = m.ID, w.request(m.ID, m.ReceivedAt, &m.Request, m.Raw)
	}
	metadata, err := metadataOf(m, sum).encode()
	if err != nil {
		return fmt.Errorf("archive: the metadata of message %s: %w", m.ID, err)
	}
	w.write([][2]string{
		{"WARC-Type", "metadata"},
		{"WARC-Record-ID", recordID(uuid.NewSHA1(m.ID, []byte("metadata")))},
		{"WARC-Date", hook.FormatTime(m.ReceivedAt)},
		{"WARC-Target-URI", targetURI(&m.Request)},
		{"WARC-Refers-To", recordID(id)},
		{"WARC-Concurrent-To", recordID(id)},
		{"WARC-Block-Digest", digest(metadata)},
		{"Content-Type", "application/json"},
	}, metadata)
	if w.err != nil {
		return fmt.Errorf("archive: message %s: %w", m.ID, w.err)
	}
	return nil
}

// request writes a request's record, and returns the SHA-256 of the request as it
// is recorded, in hex.
func (w *writer) request(id hook.ID, received time.Time, r *hook.Request, raw []byte) string {
	block := httpRequest(r, raw)
	// The client's address stands in the metadata alone: WARC-IP-Address is
	// the server's.
	w.write([][2]string{
		{"WARC-Type", "request"},
		{"WARC-Record-ID", recordID(id)},
		{"WARC-Date", hook.FormatTime(received)},
		{"WARC-Target-URI", targetURI(r)},
		{"WARC-Block-Digest", digest(block)},
		{"WARC-Payload-Digest", digest(raw)},
		{"Content-Type", "application/http;msgtype=request"},
	}, block)
	return hexSum(block)
}

func sealable(m *hook.Message) error {
	if m.Number < 1 {
		return errors.New("it has no number")
	}
	if m.Batch.ID != (hook.ID{}) && m.Batch.Record.VersionID == "" {
		return errors.New("its batch is not sealed")
	}
	return Sound(m)
}

// Sound says what is wrong with a message that could not be sealed under any
// number.
func Sound(m *hook.Message) error {
	if hexSum(m.Raw) != hex.EncodeToString(m.SHA256[:]) {
		return errors.New("its body does not have its SHA-256")
	}
	for n := range m.Payload.Attachments {
		if !m.Payload.Attachments[n].Stored() {
			return fmt.Errorf("attachment %d is neither stored nor failed", n)
		}
	}
	return nil
}
