package objectstore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3response"
)

// durable is a file backend whose answers can be relied on: an object, and
// what protects it, is on disk before the client hears of its success.
type durable struct {
	*posix.Posix
	disk *disk
}

func (d *durable) PutObject(ctx context.Context, in s3response.PutObjectInput) (s3response.PutObjectOutput, error) {
	out, err := d.Posix.PutObject(ctx, in)
	if err == nil {
		err = d.disk.sync()
	}
	return out, err
}

func (d *durable) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput) (s3response.CompleteMultipartUploadResult, string, error) {
	out, version, err := d.Posix.CompleteMultipartUpload(ctx, in)
	if err == nil {
		err = d.disk.sync()
	}
	return out, version, err
}

func (d *durable) CopyObject(ctx context.Context, in s3response.CopyObjectInput) (s3response.CopyObjectOutput, error) {
	out, err := d.Posix.CopyObject(ctx, in)
	if err == nil {
		err = d.disk.sync()
	}
	return out, err
}

func (d *durable) PutObjectRetention(ctx context.Context, bucket, object, version string, retention []byte) error {
	if err := d.Posix.PutObjectRetention(ctx, bucket, object, version, retention); err != nil {
		return err
	}
	return d.disk.sync()
}

func (d *durable) PutObjectLegalHold(ctx context.Context, bucket, object, version string, on bool) error {
	if err := d.Posix.PutObjectLegalHold(ctx, bucket, object, version, on); err != nil {
		return err
	}
	return d.disk.sync()
}
