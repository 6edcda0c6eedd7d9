package activities

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"posthorn/archive"
	"posthorn/crash"
	"posthorn/hook"
	"posthorn/store"
)

// Sealed says where a message lies in WORM storage.
type Sealed struct {
	Number int64
	Key    string
	Events int
}

// Seal numbers a message, puts its inline attachments and its record into WORM
// storage, marks it archived and publishes its events. A second run finds what
// the first one put: nothing is locked twice.
func (a *Activities) Seal(ctx context.Context, id hook.ID) (Sealed, error) {
	sealed, err := a.sealAlone(ctx, id)
	a.note(ctx, id, err)
	return sealed, err
}

func (a *Activities) sealAlone(ctx context.Context, id hook.ID) (Sealed, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go heartbeat(ctx)
	leave, err := a.enter(ctx, id)
	if err != nil {
		return Sealed{}, err
	}
	defer leave()
	l, err := a.message(ctx, id)
	if err != nil {
		return Sealed{}, err
	}
	if l.Status == hook.MessageArchived {
		return Sealed{Number: l.Number}, nil
	}
	numbers, err := a.Store.NumberMessages(ctx, id)
	if err != nil {
		return Sealed{}, err
	}
	crash.At(crash.AfterNumber)
	if segment := numbers[id].Segment; segment != (hook.ID{}) {
		sealed := Sealed{numbers[id].Number, archive.SegmentKey(l.TenantID, l.EndpointID, segment), len(eventsOf(&l.Message, l.result))}
		return sealed, a.sealSegment(ctx, segment, hook.ID{})
	}
	sealed, _, err := a.seal(ctx, &l, numbers[id].Number, hook.ID{})
	return sealed, err
}

// seal seals a message that has its number. by is the run that does it, zero for
// the message's own workflow. first is false where it was marked before.
func (a *Activities) seal(ctx context.Context, l *loaded, number int64, by hook.ID) (sealed Sealed, first bool, err error) {
	m := &l.Message
	if m.Number = number; number == 0 {
		return sealed, false, hook.NotFound("message")
	}
	m.RetainUntil = retainUntil(m, time.Now())
	if err := a.sealBatch(ctx, m, m.RetainUntil); err != nil {
		return sealed, false, err
	}
	results, err := a.putInline(ctx, m, l.attached)
	if err != nil {
		return sealed, false, err
	}
	for _, r := range results {
		m.Payload.Attachments[r.N] = r.Attachment
	}
	if m.Location, err = a.putRecord(ctx, m); err != nil {
		return sealed, false, err
	}
	crash.At(crash.AfterRecord)
	sealing := a.sealing(l, by, results)
	if first, err = a.Store.Archived(ctx, sealing); err != nil {
		return sealed, false, err
	}
	crash.At(crash.AfterArchive)
	return Sealed{Number: m.Number, Key: m.Location.Key, Events: len(sealing.Events)}, first, nil
}

// sealing is what follows from a message that lies in WORM storage.
func (a *Activities) sealing(l *loaded, by hook.ID, attached []store.Attached) store.Sealing {
	m := &l.Message
	if l.result != nil && l.result.Alert != "" {
		a.Log.Warn("a provider reports what an operator should see to", "alert", l.result.Alert, "provider", m.Origin.Provider, "endpoint", m.EndpointID, "message", m.ID)
	}
	content := hook.EncodeJSON(hook.Content{
		From: m.Payload.From, To: m.Payload.To, Body: m.Payload.Body, Fields: m.Payload.Fields,
	})
	return store.Sealing{Message: m, Attachments: attached, Content: content, Events: eventsOf(m, l.result), Dispatch: by}
}

// retainUntil counts from the receipt. A message that could not be archived in
// all that time is kept from now on: the store refuses a time that is past.
func retainUntil(m *hook.Message, now time.Time) time.Time {
	until := m.ReceivedAt.Add(m.Retention)
	if until.Before(now.Add(time.Minute)) {
		until = now.Add(m.Retention)
	}
	return until.Truncate(time.Second)
}

// putInline stores the attachments that came within the message and returns
// them together with those that were fetched, in order.
func (a *Activities) putInline(ctx context.Context, m *hook.Message, fetched []store.Attached) ([]store.Attached, error) {
	results := make([]store.Attached, len(m.Payload.Attachments))
	for n, attachment := range m.Payload.Attachments {
		results[n] = store.Attached{N: n, Attachment: attachment}
		if attachment.URL != "" {
			continue
		}
		key := archive.AttachmentKey(m.TenantID, m.EndpointID, m.ID, n)
		put, err := a.Archive.PutAttachment(ctx, key, bytes.NewReader(attachment.Content), attachment.ContentType, m.RetainUntil)
		if err != nil {
			return nil, err
		}
		results[n].Object, results[n].SHA256, results[n].Size = put.Object, put.SHA256, put.Size
		results[n].Content = nil
	}
	for _, f := range fetched {
		if f.URL == "" {
			continue
		}
		results[f.N] = f
	}
	for _, r := range results {
		if !r.Stored() {
			return nil, fmt.Errorf("activities: attachment %d of message %s is not settled", r.N, m.ID)
		}
	}
	return results, nil
}

func (a *Activities) putRecord(ctx context.Context, m *hook.Message) (hook.Location, error) {
	record, err := archive.NewRecord(m)
	if err != nil {
		return hook.Location{}, err
	}
	return a.Archive.PutRecord(ctx, archive.RecordKey(m.TenantID, m.EndpointID, m.ID), record, m.RetainUntil)
}
