package activities

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/archive"
	"posthorn/devstack/objectstore"
	"posthorn/devstack/port"
	"posthorn/devstack/postgres/pgtest"
	"posthorn/hook"
	"posthorn/keyset"
	"posthorn/store"
)

var objects *objectstore.Server

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "activities")
	if err == nil {
		var p int
		if p, err = port.Free(); err == nil {
			objects, err = objectstore.Start(context.Background(), objectstore.Config{
				Dir: dir, Addr: fmt.Sprintf("127.0.0.1:%d", p), AccessKey: "access", SecretKey: "secret-secret",
			})
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := pgtest.Run(m, store.Migrate)
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// archiver is a worker over a database and a bucket of its own.
type archiver struct {
	*Activities

	raw      *minio.Client
	bucket   string
	ingest   *store.Ingest
	endpoint hook.Endpoint
	batch    hook.Batch // with which two of three messages came
}

func newArchiver(t *testing.T) *archiver {
	t.Helper()
	data, err := keyset.Generate()
	require.NoError(t, err)
	keys, err := keyset.Load(string(data))
	require.NoError(t, err)
	s, err := store.Open(t.Context(), store.Config{URL: pgtest.Database(t)}, keys)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	sum := sha256.Sum256([]byte(t.Name()))
	w := &archiver{bucket: fmt.Sprintf("test-%x", sum[:8])}
	a, err := archive.Open(archive.Config{
		Endpoint: "http://" + objects.Endpoint(), AccessKey: objects.AccessKey(), SecretKey: objects.SecretKey(), Bucket: w.bucket, Region: objects.Region(),
	})
	require.NoError(t, err)
	require.NoError(t, a.Setup(t.Context()))
	w.raw, err = minio.New(objects.Endpoint(), &minio.Options{Creds: credentials.NewStaticV4(objects.AccessKey(), objects.SecretKey(), ""), Region: objects.Region()})
	require.NoError(t, err)
	w.Activities = &Activities{Store: s, Archive: a, Room: NewRoom(), Log: slog.New(slog.DiscardHandler)}
	w.ingest = s.NewIngest()
	t.Cleanup(w.ingest.Close)
	w.addEndpoint(t)
	return w
}

// addEndpoint gives the archiver another endpoint.
func (w *archiver) addEndpoint(t require.TestingT) {
	tenant, err := w.Store.CreateTenant(context.Background(), "tenant")
	require.NoError(t, err)
	w.endpoint, err = w.Store.CreateEndpoint(context.Background(), hook.Endpoint{
		ID: hook.NewID(), TenantID: tenant.ID, Name: "in", Token: hook.NewToken(), Auth: hook.AuthBearer,
		Keys: []hook.Key{{Secret: hook.NewEndpointSecret()}}, Enabled: true, RateLimit: 1, Burst: 1,
		DedupWindow: time.Hour, Retention: 24 * time.Hour, ArchiveSegments: true,
	})
	require.NoError(t, err)
}

func body(n int) string {
	return fmt.Sprintf(`{"external_id":"m-%d","occurred_at":"2026-05-28T14:30:00Z","from":"a@example.com","to":["b@example.com"],"body":"number %d","attachments":[]}`, n, n)
}

func (w *archiver) accept(t require.TestingT, n int) []hook.ID {
	ids, errs := make([]hook.ID, n), make([]error, n)
	batch := hook.Batch{ID: hook.NewID(), TenantID: w.endpoint.TenantID, EndpointID: w.endpoint.ID, Request: hook.Request{Method: "POST", Target: "/in/batch", Host: "localhost"}}
	offsets := make([]int64, n)
	for i := range n {
		offsets[i] = int64(len(batch.Raw))
		batch.Raw = append(batch.Raw, body(i)+"\n"...)
	}
	batch.SHA256 = sha256.Sum256(batch.Raw)
	require.NoError(t, w.Store.CreateBatch(context.Background(), &batch))
	var all sync.WaitGroup
	for i := range n {
		m := &hook.Message{
			ID: hook.NewID(), TenantID: w.endpoint.TenantID, EndpointID: w.endpoint.ID, Raw: []byte(body(i)), SHA256: sha256.Sum256([]byte(body(i))),
			Payload: hook.Payload{ExternalID: fmt.Sprint("m-", i), OccurredAt: time.Now()},
			Request: hook.Request{Method: "POST", Target: "/in", Host: "localhost"}, Verdict: hook.Verdict{Scheme: "bearer"},
		}
		if ids[i] = m.ID; i%3 > 0 {
			m.Batch = hook.BatchLine{ID: batch.ID, Offset: offsets[i], Length: int64(len(m.Raw))}
		}
		all.Go(func() { _, errs[i] = w.ingest.Accept(context.Background(), m, time.Hour) })
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	w.batch = batch
	return ids
}

// stop is a worker that dies after so many of the steps that seal a segment.
type stop int

const (
	afterAssign stop = iota
	afterPut         // and before that is recorded
	afterRecord
	afterSome // messages are marked
	never
)

// until seals a segment, and dies on the way.
func (w *archiver) until(t require.TestingT, end stop, id hook.ID, by hook.ID) {
	ctx := context.Background()
	if end == never {
		require.NoError(t, w.sealSegment(ctx, id, by))
		return
	}
	segment, err := w.Store.Segment(ctx, id)
	require.NoError(t, err)
	found, err := w.Store.SmallMessagesToArchive(ctx, segment.Messages, archive.MaxSegmentBody)
	require.NoError(t, err)
	var list []*loaded
	for _, id := range segment.Messages {
		l := &loaded{Message: found[id]}
		require.NoError(t, l.open())
		list = append(list, l)
	}
	if end >= afterPut && segment.VersionID == "" {
		require.NoError(t, w.putSegment(ctx, &segment, list))
	}
	if end >= afterRecord {
		segment, err = w.Store.SegmentPut(ctx, segment)
		require.NoError(t, err)
	}
	if end == afterSome {
		sealings, err := w.sealings(&segment, list, by)
		require.NoError(t, err)
		require.NoError(t, w.Store.ArchivedTogether(ctx, sealings[:len(sealings)/2]))
	}
}

// Workers die at any point, and others, or the messages' own workflows, go on:
// each message ends in one object, of which there is one version.
func TestAMessageLiesInOneObjectWhereverItsWorkersDie(t *testing.T) {
	t.Parallel()
	w := newArchiver(t)
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		w.addEndpoint(t)
		ids := w.accept(t, 12)
		run := hook.NewID()
		var segments []hook.ID
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			switch some := rapid.SliceOfN(rapid.SampledFrom(ids), 1, 6).Draw(t, "of"); rapid.IntRange(0, 3).Draw(t, "step") {
			case 0, 1:
				segment := store.Segment{ID: hook.NewID(), TenantID: w.endpoint.TenantID, EndpointID: w.endpoint.ID}
				_, err := w.Store.AssignSegment(ctx, &segment, some)
				require.NoError(t, err)
				if len(segment.Messages) > 0 {
					segments = append(segments, segment.ID)
				}
			case 2:
				_, err := w.Seal(ctx, some[0])
				require.NoError(t, err)
			case 3: // and dies before that is recorded
				_, err := w.Archive.PutBatch(ctx, &w.batch, time.Now().Add(time.Hour))
				require.NoError(t, err)
			}
			if len(segments) > 0 {
				w.until(t, stop(rapid.IntRange(0, int(never)).Draw(t, "dies")), rapid.SampledFrom(segments).Draw(t, "segment"), run)
			}
		}
		for _, id := range ids { // as their workflows do
			_, err := w.Seal(ctx, id)
			require.NoError(t, err)
		}
		w.requireArchived(t, ids)
	})
}

// requireArchived finds each message where it is said to lie, once, and nothing else.
func (w *archiver) requireArchived(t require.TestingT, ids []hook.ID) {
	ctx := context.Background()
	numbers, keys := map[int64]bool{}, map[string]bool{}
	for n, id := range ids {
		v, err := w.Store.Message(ctx, w.endpoint.TenantID, id)
		require.NoError(t, err)
		require.Equal(t, hook.MessageArchived, v.Status)
		c, err := w.Archive.ReadRecord(ctx, v.Location)
		require.NoError(t, err)
		require.Equal(t, id, c.Metadata.MessageID)
		require.Equal(t, v.Number, c.Metadata.Number)
		require.Equal(t, body(n), string(c.Body))
		info, err := w.Archive.Stat(ctx, v.Location.Object)
		require.NoError(t, err)
		require.Equal(t, "COMPLIANCE", info.Mode)
		require.False(t, info.RetainUntil.Before(v.RetainUntil), "the object is locked for as long as its message")
		numbers[v.Number], keys[v.Location.Key] = true, true
		if of := c.Metadata.Batch; of != nil {
			keys[of.ObjectKey] = true
			info, err := w.Archive.Stat(ctx, hook.Object{Key: of.ObjectKey, VersionID: of.VersionID})
			require.NoError(t, err)
			require.False(t, info.RetainUntil.Before(v.RetainUntil), "so is its batch")
		}
		require.Equal(t, n%3 > 0, c.Metadata.Batch != nil)
	}
	require.Len(t, numbers, len(ids))
	require.True(t, numbers[1] && numbers[int64(len(ids))], "the numbers have no holes")
	in := 0
	for _, prefix := range []string{"records/", "segments/", "batches/"} {
		for o := range w.raw.ListObjectsIter(ctx, w.bucket, minio.ListObjectsOptions{
			Prefix: prefix + w.endpoint.TenantID.String() + "/", Recursive: true, WithVersions: true,
		}) {
			require.NoError(t, o.Err)
			require.True(t, keys[o.Key], "%s holds nothing that anybody knows of", o.Key)
			in++
		}
	}
	require.Len(t, keys, in, "each object has one version")
	events, err := w.Store.Events(ctx, w.endpoint.TenantID, store.EventFilter{}, store.Page{Limit: 100})
	require.NoError(t, err)
	require.Len(t, events, len(ids), "each message is published once")
}
