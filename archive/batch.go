package archive

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"posthorn/hook"
)

// NewBatch writes the record of a batch: the request that brought its messages,
// as a pure function like NewRecord. requestSHA256 is that of the request as it
// is recorded, in hex, to which the messages' records refer.
func NewBatch(b *hook.Batch) (r Record, requestSHA256 string, err error) {
	if hexSum(b.Raw) != hex.EncodeToString(b.SHA256[:]) {
		return Record{}, "", fmt.Errorf("archive: batch %s cannot be sealed: its body does not have its SHA-256", b.ID)
	}
	w := newWriter()
	requestSHA256 = w.request(b.ID, hook.IDTime(b.ID), &b.Request, b.Raw)
	if w.err != nil {
		return Record{}, "", fmt.Errorf("archive: batch %s: %w", b.ID, w.err)
	}
	return w.record(), requestSHA256, nil
}

// PutBatch puts the record of a batch as PutRecord does a message's, and says
// where it lies.
func (a *Archive) PutBatch(ctx context.Context, b *hook.Batch, retain time.Time) (hook.BatchRecord, error) {
	key := BatchKey(b.TenantID, b.EndpointID, b.ID)
	record, sum, err := NewBatch(b)
	if err != nil {
		return hook.BatchRecord{}, err
	}
	l, there, err := a.putWARC(ctx, key, record, retain)
	if err != nil || there == nil {
		return hook.BatchRecord{VersionID: l.VersionID, RequestSHA256: sum}, err
	}
	found, err := a.request(ctx, l.Object)
	if errors.Is(err, ErrDamaged) || err == nil && (found.ID != recordID(b.ID) || !bytes.Equal(found.Body, b.Raw)) {
		return hook.BatchRecord{}, a.wrap("put "+key+" into", errors.Join(ErrConflict, err))
	}
	if err != nil {
		return hook.BatchRecord{}, err
	}
	// Another version of Posthorn may have written it in other words.
	return hook.BatchRecord{VersionID: l.VersionID, RequestSHA256: found.SHA256}, a.extend(ctx, key, *there, retain)
}

// Request is a request's record, its digests checked.
type Request struct {
	ID     string // of the record
	Head   []byte // request line and headers
	Body   []byte // as received
	SHA256 string // of the request as it is recorded, hex
}

// ParseBatch reads the record of a batch, as ParseRecord does a message's.
func ParseBatch(packed []byte) (*Request, error) {
	from := bytes.NewReader(packed)
	m, err := newMembers(from).next("request")
	if err != nil {
		return nil, fmt.Errorf("archive: the batch's record: %w", err)
	}
	var c Contents
	if err := c.readRequest(m); err != nil {
		return nil, fmt.Errorf("archive: the batch's record: %w", err)
	}
	if from.Len() > 0 {
		return nil, errors.New("archive: something follows the batch's record")
	}
	return &Request{ID: m.field("WARC-Record-ID"), Head: c.Request, Body: c.Body, SHA256: hexSum(m.block)}, nil
}

// decoded is the body without its Content-Encoding.
func (r *Request) decoded() ([]byte, error) {
	var request hook.Request
	for line := range strings.SplitSeq(string(r.Head), "\r\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			request.Header = append(request.Header, [2]string{name, value})
		}
	}
	return request.Decode(r.Body, hook.MaxBody)
}

// readBatch adds to the contents of a message's record what lies in that of its
// batch.
func (a *Archive) readBatch(ctx context.Context, c *Contents) error {
	of := c.Metadata.Batch
	request, err := a.request(ctx, hook.Object{Key: of.ObjectKey, VersionID: of.VersionID})
	if err != nil {
		return err
	}
	damaged := func(what string) error { return fmt.Errorf("archive: %s: %w: %s", of.ObjectKey, ErrDamaged, what) }
	body, err := request.decoded()
	switch {
	case err != nil:
		return damaged(err.Error())
	case request.ID != recordID(of.ID) || request.SHA256 != c.Metadata.RequestSHA256:
		return damaged("it is of another batch")
	case of.Offset < 0 || of.Length < 0 || of.Length > int64(len(body)) || of.Offset > int64(len(body))-of.Length:
		return damaged("it has no such part")
	}
	c.Request, c.Body = request.Head, bytes.Clone(body[of.Offset:of.Offset+of.Length])
	if hexSum(c.Body) != c.Metadata.SHA256 {
		return damaged("the message does not have its digest")
	}
	return nil
}

// request reads the record of a batch, which is a whole object.
func (a *Archive) request(ctx context.Context, o hook.Object) (*Request, error) {
	object, err := a.client.GetObject(ctx, a.bucket, o.Key, minio.GetObjectOptions{VersionID: o.VersionID})
	if err != nil {
		return nil, a.missing(o.Key, err)
	}
	defer object.Close()
	packed, err := io.ReadAll(io.LimitReader(object, maxRecord))
	if err != nil {
		return nil, a.missing(o.Key, err)
	}
	request, err := ParseBatch(packed)
	if err != nil {
		return nil, fmt.Errorf("archive: %s: %w: %w", o.Key, ErrDamaged, err)
	}
	return request, nil
}
