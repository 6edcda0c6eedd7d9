package archive

import (
	"context"
	"errors"
	"net/http"

	"github.com/minio/minio-go/v7"
)

// ErrNoObjectLock says that the bucket exists without Object Lock.
var ErrNoObjectLock = errors.New("the bucket exists without Object Lock, which cannot be added; give another name in POSTHORN_S3_BUCKET")

// Setup creates the bucket with Object Lock. It can be run again, and twice at
// once. A bucket without Object Lock is ErrNoObjectLock.
func (a *Archive) Setup(ctx context.Context) error {
	exists, err := a.client.BucketExists(ctx, a.bucket)
	if err != nil {
		return a.wrap("look for the bucket", err)
	}
	if !exists {
		err := a.client.MakeBucket(ctx, a.bucket, minio.MakeBucketOptions{Region: a.region, ObjectLocking: true})
		// Somebody else may have come first: then it is there all the same.
		if exists, _ := a.client.BucketExists(ctx, a.bucket); err != nil && !exists {
			return a.wrap("create the bucket", err)
		}
	}
	return a.checkLock(ctx)
}

// checkLock looks more than once: who comes second to creating a bucket may
// see it before its lock.
func (a *Archive) checkLock(ctx context.Context) error {
	for n := 0; ; n++ {
		lock, _, _, _, err := a.client.GetObjectLockConfig(ctx, a.bucket)
		if err == nil && lock == "Enabled" {
			return nil
		}
		if err != nil && minio.ToErrorResponse(err).StatusCode != http.StatusNotFound {
			return a.wrap("read the Object Lock of", err)
		}
		if n == looks-1 {
			return a.wrap("use", errors.Join(ErrNoObjectLock, err))
		}
		if err := pause(ctx, n); err != nil {
			return a.wrap("read the Object Lock of", err)
		}
	}
}
