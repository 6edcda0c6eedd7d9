package activities

import (
	"context"
	"fmt"
	"io"
	"time"

	"go.temporal.io/sdk/activity"

	"posthorn/archive"
	"posthorn/crash"
	"posthorn/hook"
	"posthorn/store"
)

// Fetched says what came of one try to fetch an attachment.
type Fetched struct {
	Done   bool   // it is stored, or has failed for good
	Reason string // of a failure
	Size   int64
}

// heartbeatEvery is how often a long fetch says that it is alive.
const heartbeatEvery = 5 * time.Second

// FetchAttachment streams an attachment from its URL into WORM storage: memory
// does not grow with its size. What a receiver of ours would call a failure of
// the other side is a result, to be retried by the workflow's schedule; an
// error is a fault of ours.
func (a *Activities) FetchAttachment(ctx context.Context, id hook.ID, f Fetch) (Fetched, error) {
	fetched, err := a.fetchAttachment(ctx, id, f)
	if a.note(ctx, id, err); err == nil && !fetched.Done {
		a.noteAttachment(ctx, id, f.N, fetched.Reason)
	}
	return fetched, err
}

func (a *Activities) fetchAttachment(ctx context.Context, id hook.ID, f Fetch) (Fetched, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go heartbeat(ctx)
	m, done, err := a.toFetch(ctx, id, f.N)
	if err != nil || done {
		return Fetched{Done: done}, err
	}
	attachment := m.Payload.Attachments[0]
	put, reason, final, err := a.fetch(ctx, &m, f.N, attachment)
	if err != nil {
		return Fetched{}, err
	}
	switch {
	case reason == "" && attachment.WantSHA256 != "" && put.SHA256 != attachment.WantSHA256:
		// What came is kept, as it is what was there; the record says so.
		attachment.Object, attachment.SHA256, attachment.Size = put.Object, put.SHA256, put.Size
		attachment.Failed = "its SHA-256 is not the one that the message gives"
	case reason == "":
		attachment.Object, attachment.SHA256, attachment.Size = put.Object, put.SHA256, put.Size
	case final || f.Last:
		attachment.Failed = reason
	default:
		return Fetched{Reason: reason}, nil
	}
	crash.At(crash.AfterFetch)
	if attachment.ContentType == "" {
		attachment.ContentType = put.ContentType
	}
	err = a.Store.SaveAttachment(ctx, &m, store.Attached{N: f.N, Attachment: attachment})
	return Fetched{Done: err == nil, Reason: attachment.Failed, Size: attachment.Size}, err
}

// toFetch loads a message with one of its attachments alone: the rest must not
// take room for as long as a download lasts.
func (a *Activities) toFetch(ctx context.Context, id hook.ID, n int) (m hook.Message, done bool, err error) {
	leave, err := a.enter(ctx, id)
	if err != nil {
		return m, false, err
	}
	defer leave()
	l, err := a.message(ctx, id)
	if err != nil || l.Status == hook.MessageArchived || settled(l.attached, n) {
		return m, err == nil, err
	}
	m = l.Message
	m.Raw, m.Payload = nil, hook.Payload{Attachments: []hook.Attachment{m.Payload.Attachments[n]}}
	return m, false, nil
}

// fetch makes one try. A reason says why the other side failed.
func (a *Activities) fetch(
	ctx context.Context, m *hook.Message, n int, attachment hook.Attachment,
) (put archive.Put, reason string, final bool, err error) {
	download, err := a.download(ctx, m, attachment.URL)
	if err != nil {
		reason, final = failure(err)
		return put, reason, final, ctx.Err()
	}
	defer download.Body.Close()
	contentType := attachment.ContentType
	if contentType == "" {
		contentType = download.ContentType
	}
	source := &tracked{from: download.Body}
	key := archive.AttachmentKey(m.TenantID, m.EndpointID, m.ID, n)
	put, err = a.Archive.PutAttachment(ctx, key, source, contentType, retainUntil(m, time.Now()))
	switch {
	case ctx.Err() != nil:
		return put, "", false, ctx.Err()
	case source.err != nil:
		reason, final = failure(source.err)
		return put, reason, final, nil
	case err != nil:
		return put, "", false, fmt.Errorf("activities: attachment %d of message %s: %w", n, m.ID, err)
	}
	return put, "", false, nil
}

// tracked remembers whether reading failed: then it was the other side, not
// the object store.
type tracked struct {
	from io.Reader
	err  error
}

func (t *tracked) Read(p []byte) (int, error) {
	n, err := t.from.Read(p)
	if err != nil && err != io.EOF {
		t.err = err
	}
	return n, err
}

func heartbeat(ctx context.Context) {
	ticker := time.NewTicker(heartbeatEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			activity.RecordHeartbeat(ctx)
		}
	}
}
