package archive

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"posthorn/hook"
)

// partSize is how much of an object is in memory at a time, in bytes. What is
// not larger is put in one request.
const partSize = 8 << 20

// Put is an object that was put now, or found from an earlier try.
type Put struct {
	hook.Object
	SHA256      string // lower-case hex, of the object's bytes
	Size        int64  // bytes
	ContentType string // under which the object lies
}

// PutAttachment streams an attachment into the bucket under COMPLIANCE until a
// time, or a fraction of a second longer. Memory does not grow with its size.
// Where the key holds an object already, that one is returned, whatever it is,
// locked for as long: what is in WORM is what came first. If reading fails,
// with whatever error but io.EOF, nothing is put.
//
// A content type that a store would not keep is replaced by
// application/octet-stream; the message's record has it as it came.
func (a *Archive) PutAttachment(ctx context.Context, key string, r io.Reader, contentType string, retain time.Time) (Put, error) {
	if !storable(contentType) {
		contentType = "application/octet-stream"
	}
	sum := sha256.New()
	source := &parts{from: bufio.NewReader(r)}
	first, last, err := source.next()
	if err != nil {
		return Put{}, fmt.Errorf("archive: read the attachment: %w", err)
	}
	sum.Write(first)
	put := Put{Object: hook.Object{Key: key}, Size: int64(len(first)), ContentType: contentType}
	options := lockedUntil(retain, contentType)
	if last {
		put.VersionID, err = a.putOnce(ctx, key, first, options)
	} else {
		put.VersionID, err = a.putParts(ctx, key, first, func() ([]byte, bool, error) {
			part, last, err := source.next()
			sum.Write(part)
			put.Size += int64(len(part))
			return part, last, err
		}, options)
	}
	if there, ok := errors.AsType[*thereError](err); ok {
		return a.found(ctx, key, there.info, retain)
	}
	if err != nil {
		return Put{}, a.wrap("put "+key+" into", err)
	}
	put.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return put, nil
}

// found describes what a key holds, by reading it.
func (a *Archive) found(ctx context.Context, key string, info minio.ObjectInfo, retain time.Time) (Put, error) {
	if err := a.extend(ctx, key, info, retain); err != nil {
		return Put{}, err
	}
	put := Put{Object: hook.Object{Key: key, VersionID: info.VersionID}, ContentType: info.ContentType}
	body, _, err := a.GetAttachment(ctx, put.Object)
	if err != nil {
		return Put{}, err
	}
	defer body.Close()
	sum := sha256.New()
	if put.Size, err = io.Copy(sum, body); err != nil {
		return Put{}, a.wrap("read "+key+" in", err)
	}
	put.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return put, nil
}

// storable reports whether a content type goes through HTTP, its signatures
// and every store unchanged: visible ASCII with single spaces within. Of
// multipart/form-data stores think that the request is a form, and refuse it.
func storable(contentType string) bool {
	if contentType == "" || len(contentType) > 255 || strings.HasPrefix(strings.ToLower(contentType), "multipart/form-data") {
		return false
	}
	before := byte(' ')
	for i := range len(contentType) {
		c := contentType[i]
		if c < ' ' || c > '~' || (c == ' ' && before == ' ') {
			return false
		}
		before = c
	}
	return before != ' '
}
