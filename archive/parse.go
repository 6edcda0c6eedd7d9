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
	Request  []byte // request line and headers, as recorded
	Body     []byte // the request's body as received
	Metadata Metadata
	// ContentSHA256 is that of both records before compression, in hex: what
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
	request, err := members.next("request")
	if err != nil {
		return nil, fmt.Errorf("archive: the request record: %w", err)
	}
	metadata, err := members.next("metadata")
	if err != nil {
		return nil, fmt.Errorf("archive: the metadata record: %w", err)
	}
	c := &Contents{ContentSHA256: members.sum()}
	if err := c.readRequest(request); err != nil {
		return nil, fmt.Errorf("archive: the request record: %w", err)
	}
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

// check holds the two records against each other.
func (c *Contents) check(request, metadata member) error {
	m := &c.Metadata
	switch {
	case m.Format != FormatVersion:
		return fmt.Errorf("its format is %.64q, not %q", m.Format, FormatVersion)
	case request.field("WARC-Record-ID") != recordID(m.MessageID) ||
		metadata.field("WARC-Refers-To") != recordID(m.MessageID):
		return errors.New("it is of another message")
	case request.field("WARC-Date") != m.ReceivedAt || metadata.field("WARC-Date") != m.ReceivedAt:
		return errors.New("it is of another time")
	case m.SHA256 != hexSum(c.Body) || m.RequestSHA256 != hexSum(request.block):
		return errors.New("it is of another request")
	}
	return nil
}
