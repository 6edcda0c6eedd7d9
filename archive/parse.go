package archive

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Contents is what a record holds, its digests checked.
type Contents struct {
	// Those of a message that came in a batch lie in the batch's record, and are
	// nil where that was not read: Metadata.Batch says where it is.
	Request []byte // request line and headers, as recorded
	Body    []byte // the message's bytes as received: the request's body, or a part of it

	Metadata Metadata
	// ContentSHA256 is that of the message's records before compression, in hex: what
	// Record.ContentSHA256 was when it was written. No digest within a record
	// covers the headers of its WARC records; this one does.
	ContentSHA256 string
}

// ParseRecord reads a record of NewRecord, and nothing may follow it. It is
// for what may have been tampered with: a wrong digest, length, order or
// reference is an error, and memory is bounded whatever it is given.
func ParseRecord(r io.Reader) (*Contents, error) {
	packed := bufio.NewReader(r)
	c, err := parse(packed)
	if err != nil {
		return nil, err
	}
	if _, err := packed.Peek(1); err != io.EOF {
		return nil, errors.Join(errors.New("archive: something follows the record"), err)
	}
	return c, nil
}

// parse reads the record that comes next.
func parse(from packed) (*Contents, error) {
	members := newMembers(from)
	c := &Contents{}
	metadata, err := members.next("request", "metadata")
	if err != nil {
		return nil, fmt.Errorf("archive: the request record: %w", err)
	}
	var request *member
	if metadata.field("WARC-Type") == "request" {
		first := metadata
		request = &first
		if err := c.readRequest(first); err != nil {
			return nil, fmt.Errorf("archive: the request record: %w", err)
		}
		if metadata, err = members.next("metadata"); err != nil {
			return nil, fmt.Errorf("archive: the metadata record: %w", err)
		}
	}
	c.ContentSHA256 = members.sum()
	if err := json.Unmarshal(metadata.block, &c.Metadata); err != nil {
		return nil, fmt.Errorf("archive: the metadata: %w", err)
	}
	if err := c.check(request, metadata); err != nil {
		return nil, fmt.Errorf("archive: the metadata record: %w", err)
	}
	return c, nil
}

func (c *Contents) readRequest(request member) error {
	var ok bool
	if c.Request, c.Body, ok = bytes.Cut(request.block, []byte("\r\n\r\n")); !ok {
		return errors.New("its HTTP headers have no end")
	}
	if request.field("WARC-Payload-Digest") != digest(c.Body) {
		return errors.New("the body does not have its digest")
	}
	return nil
}

// check holds the two records against each other; request is nil where it is a
// batch's.
func (c *Contents) check(request *member, metadata member) error {
	m := &c.Metadata
	of := m.MessageID
	if m.Batch != nil {
		of = m.Batch.ID
	}
	switch {
	case m.Format != FormatVersion:
		return fmt.Errorf("its format is %.64q, not %q", m.Format, FormatVersion)
	case (request == nil) != (m.Batch != nil):
		return errors.New("its request is not where it says")
	case metadata.field("WARC-Refers-To") != recordID(of):
		return errors.New("it is of another message")
	case metadata.field("WARC-Date") != m.ReceivedAt:
		return errors.New("it is of another time")
	case request == nil:
		return nil
	case request.field("WARC-Record-ID") != recordID(m.MessageID):
		return errors.New("it is of another message")
	case request.field("WARC-Date") != m.ReceivedAt:
		return errors.New("it is of another time")
	case m.SHA256 != hexSum(c.Body) || m.RequestSHA256 != hexSum(request.block):
		return errors.New("it is of another request")
	}
	return nil
}
