package activities

import (
	"context"
	"errors"
	"time"

	"posthorn/archive"
	"posthorn/crash"
	"posthorn/hook"
	"posthorn/store"
)

// sealSegment seals the messages of a segment that is assigned, by whoever and
// whenever that was, and marks them. Of two callers at once one does it.
func (a *Activities) sealSegment(ctx context.Context, id, by hook.ID) error {
	_, err, _ := a.segments.Do(id.String(), func() (any, error) {
		segment, err := a.Store.Segment(ctx, id)
		if err != nil {
			return nil, err
		}
		found, err := a.Store.SmallMessagesToArchive(ctx, segment.Messages, archive.MaxSegmentBody)
		if err != nil {
			return nil, err
		}
		var list []*loaded
		for _, id := range segment.Messages {
			l := &loaded{Message: found[id]}
			if l.ID != id {
				return nil, hook.NotFound("message")
			}
			if err := l.open(); err != nil {
				return nil, err
			}
			list = append(list, l)
		}
		return nil, a.seeSegment(ctx, &segment, list, by)
	})
	return err
}

// seeSegment sees a segment through: it is put, then recorded, then its messages
// are marked. Each step may have been done before.
func (a *Activities) seeSegment(ctx context.Context, segment *store.Segment, list []*loaded, by hook.ID) error {
	size := 0
	for _, l := range list {
		size += len(l.Raw)
	}
	leave, err := a.Room.enter(ctx, size)
	if err != nil {
		return err
	}
	defer leave()
	if segment.VersionID == "" {
		if err := a.putSegment(ctx, segment, list); err != nil {
			return err
		}
		crash.At(crash.AfterRecord)
		if *segment, err = a.Store.SegmentPut(ctx, *segment); err != nil {
			return err
		}
	}
	crash.At(crash.AfterSegment)
	sealings, err := a.sealings(segment, list, by)
	if err != nil {
		return err
	}
	if err := a.Store.ArchivedTogether(ctx, sealings); err != nil {
		return err
	}
	crash.At(crash.AfterArchive)
	return nil
}

// putSegment puts a segment, which is locked for as long as its message that is
// kept longest. So are the batches that they came in, which are put before.
func (a *Activities) putSegment(ctx context.Context, segment *store.Segment, list []*loaded) error {
	var messages []*hook.Message
	var until time.Time
	for _, l := range list {
		if l.Status == hook.MessageArchived {
			return errors.New("activities: segment " + segment.ID.String() + " has archived messages and was not put")
		}
		messages = append(messages, &l.Message)
		if own := retainUntil(&l.Message, time.Now()); own.After(until) {
			until = own
		}
	}
	batches := map[hook.ID]hook.BatchRecord{}
	for _, m := range messages {
		if there, ok := batches[m.Batch.ID]; ok {
			m.Batch.Record = there
		} else if err := a.sealBatch(ctx, m, until); err != nil {
			return err
		}
		batches[m.Batch.ID] = m.Batch.Record
	}
	records, err := archive.NewSegment(messages)
	if err != nil {
		return err
	}
	key := archive.SegmentKey(segment.TenantID, segment.EndpointID, segment.ID)
	object, lengths, err := a.Archive.PutSegment(ctx, key, records, until)
	if err != nil {
		return err
	}
	segment.VersionID, segment.Lengths, segment.RetainUntil = object.VersionID, lengths, until
	return nil
}

// sealings are what follows for the messages of a segment that are not marked yet.
func (a *Activities) sealings(segment *store.Segment, list []*loaded, by hook.ID) (sealings []store.Sealing, err error) {
	if len(list) != len(segment.Lengths) {
		return nil, errors.New("activities: segment " + segment.ID.String() + " has not the messages that were put")
	}
	at := hook.Location{Object: hook.Object{
		Key: archive.SegmentKey(segment.TenantID, segment.EndpointID, segment.ID), VersionID: segment.VersionID,
	}}
	for i, l := range list {
		at.Length = segment.Lengths[i]
		if l.Status != hook.MessageArchived {
			m := &l.Message
			m.Location = at
			if m.RetainUntil = retainUntil(m, time.Now()); m.RetainUntil.After(segment.RetainUntil) {
				m.RetainUntil = segment.RetainUntil
			}
			sealings = append(sealings, a.sealing(l, by, nil))
		}
		at.Offset += at.Length
	}
	return sealings, nil
}
