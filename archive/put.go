package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"

	"posthorn/hook"
)

// contentDigest is the user metadata that holds the SHA-256 of a record before
// compression: what other bytes a later version's compressor makes of the same
// record, it stays equal.
const contentDigest = "Posthorn-Content-Sha256"

// checksum is the header by which a store checks what it received.
const checksum = "x-amz-checksum-sha256"

// ErrConflict says that a key holds something else already. Nothing was put.
var ErrConflict = errors.New("the key holds another object already")

// PutRecord puts a record under COMPLIANCE until a time, or a fraction of a
// second longer. Where the key holds the record of the same message, from a
// try whose answer was lost, that one is returned, locked for as long: no
// retry makes a second version, which nobody could delete. Another record
// there is ErrConflict.
func (a *Archive) PutRecord(ctx context.Context, key string, r Record, retain time.Time) (hook.Location, error) {
	l, there, err := a.putWARC(ctx, key, r, retain)
	if err != nil || there == nil {
		return l, err
	}
	if there.UserMetadata[contentDigest] != r.ContentSHA256 {
		if err := a.checkSame(ctx, l, r); err != nil {
			return hook.Location{}, err
		}
	}
	return l, a.extend(ctx, key, *there, retain)
}

// putWARC puts records. there is what the key held before, nil for nothing.
func (a *Archive) putWARC(ctx context.Context, key string, r Record, retain time.Time) (hook.Location, *minio.ObjectInfo, error) {
	options := lockedUntil(retain, "application/warc")
	options.UserMetadata = map[string]string{contentDigest: r.ContentSHA256}
	version, err := a.putOnce(ctx, key, r.Bytes, options)
	if err == nil {
		return hook.Location{Object: hook.Object{Key: key, VersionID: version}, Length: int64(len(r.Bytes))}, nil, nil
	}
	there, ok := errors.AsType[*thereError](err)
	if !ok {
		return hook.Location{}, nil, a.wrap("put "+key+" into", err)
	}
	l := hook.Location{Object: hook.Object{Key: key, VersionID: there.info.VersionID}, Length: there.info.Size}
	return l, &there.info, nil
}

// checkSame compares a record that is there with the one that was to be put:
// another version of Posthorn may have written it in other words.
func (a *Archive) checkSame(ctx context.Context, l hook.Location, r Record) error {
	there, err := a.readAlone(ctx, l)
	if errors.Is(err, ErrDamaged) {
		return a.wrap("put "+l.Key+" into", errors.Join(ErrConflict, err))
	}
	if err != nil {
		return err
	}
	wanted, err := ParseRecord(bytes.NewReader(r.Bytes))
	if err != nil {
		return err
	}
	if !there.same(wanted) {
		return a.wrap("put "+l.Key+" into", ErrConflict)
	}
	return nil
}

// putOnce puts an object in one request, unless the key holds one already:
// then the error is a thereError. It returns the version.
func (a *Archive) putOnce(ctx context.Context, key string, content []byte, options minio.PutObjectOptions) (string, error) {
	if options.UserMetadata == nil {
		options.UserMetadata = map[string]string{}
	}
	options.UserMetadata[checksum] = base64Sum(content)
	// The body is signed as a whole: signed in chunks it is as well checked,
	// but some stores keep "aws-chunked" as the object's encoding.
	options.DisableContentSha256 = true
	options.SetMatchETagExcept("*")
	core := minio.Core{Client: a.client}
	for n := 0; ; n++ {
		info, err := core.PutObject(ctx, a.bucket, key, bytes.NewReader(content), int64(len(content)), "", hexSum(content), options)
		if err == nil {
			return info.VersionID, nil
		}
		if !isTaken(err) && !isUnanswered(err) {
			return "", err
		}
		there, lookErr := a.look(ctx, key)
		if lookErr == nil {
			return "", &thereError{info: there}
		}
		// Another put was in flight and came to nothing, or is still: again.
		if !isTaken(err) || !isMissing(lookErr) || n == looks-1 {
			return "", errors.Join(err, lookErr)
		}
		if err := pause(ctx, n); err != nil {
			return "", err
		}
	}
}

// thereError says that a key holds an object already.
type thereError struct{ info minio.ObjectInfo }

func (*thereError) Error() string { return "the key is taken" }

// isTaken reports whether a conditional put met an object of that key: 412 for
// one that is there, 409 where two came at once.
func isTaken(err error) bool {
	status := minio.ToErrorResponse(err).StatusCode
	return status == http.StatusPreconditionFailed || status == http.StatusConflict
}

// isUnanswered reports whether no answer came. A store that refuses a large
// body before it is sent closes the connection, and the answer may be lost.
func isUnanswered(err error) bool { return minio.ToErrorResponse(err).StatusCode == 0 }

// look finds what a key holds, also where somebody's delete hides it: the
// version is still there, and locked.
func (a *Archive) look(ctx context.Context, key string) (minio.ObjectInfo, error) {
	there, err := a.client.StatObject(ctx, a.bucket, key, minio.StatObjectOptions{})
	if !isMissing(err) {
		return there, err
	}
	version := ""
	for o := range a.client.ListObjectsIter(ctx, a.bucket, minio.ListObjectsOptions{Prefix: key, WithVersions: true}) {
		switch {
		case o.Err != nil:
			return there, errors.Join(err, o.Err)
		case o.Key == key && !o.IsDeleteMarker:
			version = o.VersionID // the oldest comes last
		}
	}
	if version == "" {
		return there, err
	}
	return a.client.StatObject(ctx, a.bucket, key, minio.StatObjectOptions{VersionID: version})
}

// extend locks an object that was found for as long as is asked for now: the
// try that put it may have asked for less.
func (a *Archive) extend(ctx context.Context, key string, found minio.ObjectInfo, retain time.Time) error {
	info, until := infoOf(found), wholeSecond(retain)
	if info.Mode == string(minio.Compliance) && !info.RetainUntil.Before(until) {
		return nil
	}
	return a.Extend(ctx, hook.Object{Key: key, VersionID: info.VersionID}, retain)
}

// Extend locks an object until a time that is later than before, or a fraction of
// a second longer.
func (a *Archive) Extend(ctx context.Context, o hook.Object, retain time.Time) error {
	mode, until := minio.Compliance, wholeSecond(retain)
	err := a.client.PutObjectRetention(ctx, a.bucket, o.Key, minio.PutObjectRetentionOptions{
		Mode: &mode, RetainUntilDate: &until, VersionID: o.VersionID,
	})
	if err != nil {
		return a.wrap("extend the retention of "+o.Key+" in", err)
	}
	return nil
}

// lockedUntil are the options of every put: mode and date on the object
// itself, never the bucket's default.
func lockedUntil(retain time.Time, contentType string) minio.PutObjectOptions {
	return minio.PutObjectOptions{
		ContentType: contentType, Mode: minio.Compliance, RetainUntilDate: wholeSecond(retain),
	}
}

// wholeSecond is a retention date in the precision that stores keep, never
// earlier than was asked for.
func wholeSecond(t time.Time) time.Time {
	return t.UTC().Add(time.Second - 1).Truncate(time.Second)
}

func base64Sum(b []byte) string {
	sum := sha256.Sum256(b)
	return base64.StdEncoding.EncodeToString(sum[:])
}
