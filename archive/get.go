package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/minio/minio-go/v7"

	"posthorn/hook"
)

// ErrDamaged says that what lies in the archive is not what was sealed.
var ErrDamaged = errors.New("the record is damaged")

// Info is what a store says of an object.
type Info struct {
	VersionID   string
	Size        int64 // bytes
	ContentType string
	Mode        string    // COMPLIANCE, or "" where the object has no lock
	RetainUntil time.Time // zero where the object has no lock
}

// Stat asks for an object's lock: from its headers, as the store keeps it.
func (a *Archive) Stat(ctx context.Context, o hook.Object) (Info, error) {
	stat, err := a.client.StatObject(ctx, a.bucket, o.Key, minio.StatObjectOptions{VersionID: o.VersionID})
	if err != nil {
		return Info{}, a.missing(o.Key, err)
	}
	return infoOf(stat), nil
}

// GetAttachment opens an attachment; the latest version where none is named.
// Only what is read is transferred: seek for a range. An object that is not
// there is an error of hook.CodeNotFound.
func (a *Archive) GetAttachment(ctx context.Context, o hook.Object) (io.ReadSeekCloser, Info, error) {
	object, err := a.client.GetObject(ctx, a.bucket, o.Key, minio.GetObjectOptions{VersionID: o.VersionID})
	if err != nil {
		return nil, Info{}, a.missing(o.Key, err)
	}
	stat, err := object.Stat()
	if err != nil {
		_ = object.Close()
		return nil, Info{}, a.missing(o.Key, err)
	}
	return object, infoOf(stat), nil
}

// ReadRecord reads a record, with that of its batch where it came in one, and
// checks every digest in it. One that is not what was sealed is ErrDamaged, one
// that is not there an error of hook.CodeNotFound.
func (a *Archive) ReadRecord(ctx context.Context, l hook.Location) (*Contents, error) {
	contents, err := a.readAlone(ctx, l)
	if err != nil || contents.Metadata.Batch == nil {
		return contents, err
	}
	return contents, a.readBatch(ctx, contents)
}

// readAlone reads a record without that of its batch.
func (a *Archive) readAlone(ctx context.Context, l hook.Location) (*Contents, error) {
	packed, err := a.read(ctx, l)
	if err != nil {
		return nil, err
	}
	contents, err := ParseRecord(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("archive: %s: %w: %w", l.Key, ErrDamaged, err)
	}
	return contents, nil
}

// read reads a part of an object.
func (a *Archive) read(ctx context.Context, l hook.Location) ([]byte, error) {
	if l.Offset < 0 || l.Length <= 0 || l.Length > maxRecord {
		// A range that ends before it begins means another one to S3.
		return nil, fmt.Errorf("archive: %s: %d bytes from %d is no place of a record", l.Key, l.Length, l.Offset)
	}
	options := minio.GetObjectOptions{VersionID: l.VersionID}
	if err := options.SetRange(l.Offset, l.Offset+l.Length-1); err != nil {
		return nil, fmt.Errorf("archive: %s: %w", l.Key, err)
	}
	object, err := a.client.GetObject(ctx, a.bucket, l.Key, options)
	if err != nil {
		return nil, a.missing(l.Key, err)
	}
	defer object.Close()
	// Whole before it is judged: a lost connection is no damage.
	packed, err := io.ReadAll(io.LimitReader(object, l.Length+1))
	if err != nil {
		return nil, a.missing(l.Key, err)
	}
	if int64(len(packed)) != l.Length {
		return nil, fmt.Errorf("archive: %s: %w: it has %d bytes, not %d", l.Key, ErrDamaged, len(packed), l.Length)
	}
	return packed, nil
}

func (a *Archive) missing(key string, err error) error {
	if isMissing(err) {
		return &hook.Error{Code: hook.CodeNotFound, Message: "the archive has no such object", Err: err}
	}
	return a.wrap("read "+key+" in", err)
}

func infoOf(stat minio.ObjectInfo) Info {
	info := Info{VersionID: stat.VersionID, Size: stat.Size, ContentType: stat.ContentType}
	info.Mode = stat.Metadata.Get("X-Amz-Object-Lock-Mode")
	info.RetainUntil, _ = time.Parse(time.RFC3339, stat.Metadata.Get("X-Amz-Object-Lock-Retain-Until-Date"))
	return info
}
