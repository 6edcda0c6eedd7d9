package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"
)

// abortTimeout bounds how long an upload that failed is cleaned up.
const abortTimeout = 30 * time.Second

// putParts puts an object in parts, unless the key holds one already: then the
// error is a thereError. It returns the version. Until all parts are there is
// no object; after a failure no parts.
//
// The client's own multipart upload will not do: it sends the condition to the
// call that begins an upload, not to the one that completes it, where it
// counts; and it takes a stream that was cut off for one that has ended.
func (a *Archive) putParts(ctx context.Context, key string, part []byte, next func() ([]byte, bool, error), options minio.PutObjectOptions) (version string, err error) {
	// A retry of what is there need not be sent.
	if there, err := a.look(ctx, key); err == nil {
		return "", &thereError{info: there}
	}
	core := minio.Core{Client: a.client}
	// S3 wants a checksum with every part of a locked object.
	options.UserMetadata = map[string]string{"x-amz-checksum-algorithm": "SHA256"}
	upload, err := core.NewMultipartUpload(ctx, a.bucket, key, options)
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			a.abort(ctx, key, upload)
		}
	}()
	var done []minio.CompletePart
	for last := false; ; {
		sent, err := a.putPart(ctx, key, upload, len(done)+1, part)
		if err != nil {
			return "", err
		}
		done = append(done, sent)
		if last {
			break
		}
		if part, last, err = next(); err != nil {
			return "", fmt.Errorf("read part %d: %w", len(done)+1, err)
		}
	}
	var once minio.PutObjectOptions
	once.SetMatchETagExcept("*")
	info, err := core.CompleteMultipartUpload(ctx, a.bucket, key, upload, done, once)
	if err == nil && info.VersionID != "" {
		return info.VersionID, nil
	}
	return "", a.afterComplete(ctx, key, err)
}

func (a *Archive) putPart(ctx context.Context, key, upload string, n int, part []byte) (minio.CompletePart, error) {
	sum := base64Sum(part)
	sent, err := minio.Core{Client: a.client}.PutObjectPart(ctx, a.bucket, key, upload, n,
		bytes.NewReader(part), int64(len(part)), minio.PutObjectPartOptions{
			Sha256Hex: hexSum(part), DisableContentSha256: true, CustomHeader: http.Header{http.CanonicalHeaderKey(checksum): {sum}},
		})
	return minio.CompletePart{PartNumber: n, ETag: sent.ETag, ChecksumSHA256: sum}, err
}

// afterComplete looks at what became of a key where completing an upload did
// not say: the key is taken; or the call was repeated after an answer that was
// lost, and there is no such upload any more, or no version in the answer.
func (a *Archive) afterComplete(ctx context.Context, key string, err error) error {
	if err != nil && !isTaken(err) && !isUnanswered(err) && minio.ToErrorResponse(err).StatusCode != http.StatusNotFound {
		return err
	}
	for n := 0; ; n++ {
		there, lookErr := a.look(ctx, key)
		if lookErr == nil {
			return &thereError{info: there}
		}
		// Another upload was being completed, and may yet come to nothing.
		if !isMissing(lookErr) || n == looks-1 {
			return errors.Join(err, lookErr)
		}
		if err := pause(ctx, n); err != nil {
			return err
		}
	}
}

// abort removes the parts of an upload, also when the caller is gone. What it
// cannot remove costs space until the store's own rule for incomplete uploads
// does; it is no object.
func (a *Archive) abort(ctx context.Context, key, upload string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	_ = minio.Core{Client: a.client}.AbortMultipartUpload(ctx, a.bucket, key, upload)
}
