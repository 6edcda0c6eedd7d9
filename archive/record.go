package archive

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"posthorn/hook"
)

// Record is a message's record: two WARC records, each a gzip member.
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

// message writes a message's record.
func (w *writer) message(m *hook.Message) error {
	if err := sealable(m); err != nil {
		return fmt.Errorf("archive: message %s cannot be sealed: %w", m.ID, err)
	}
	block := httpRequest(m)
	metadata, err := metadataOf(m, hexSum(block)).encode()
	if err != nil {
		return fmt.Errorf("archive: the metadata of message %s: %w", m.ID, err)
	}
	request, date, uri := recordID(m.ID), hook.FormatTime(m.ReceivedAt), targetURI(&m.Request)
	// The client's address stands in the metadata alone: WARC-IP-Address is
	// the server's.
	w.write([][2]string{
		{"WARC-Type", "request"},
		{"WARC-Record-ID", request},
		{"WARC-Date", date},
		{"WARC-Target-URI", uri},
		{"WARC-Block-Digest", digest(block)},
		{"WARC-Payload-Digest", digest(m.Raw)},
		{"Content-Type", "application/http;msgtype=request"},
	}, block)
	w.write([][2]string{
		{"WARC-Type", "metadata"},
		{"WARC-Record-ID", recordID(uuid.NewSHA1(m.ID, []byte("metadata")))},
		{"WARC-Date", date},
		{"WARC-Target-URI", uri},
		{"WARC-Refers-To", request},
		{"WARC-Concurrent-To", request},
		{"WARC-Block-Digest", digest(metadata)},
		{"Content-Type", "application/json"},
	}, metadata)
	if w.err != nil {
		return fmt.Errorf("archive: message %s: %w", m.ID, w.err)
	}
	return nil
}

func sealable(m *hook.Message) error {
	if m.Number < 1 {
		return errors.New("it has no number")
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
