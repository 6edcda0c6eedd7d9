package activities

import (
	"context"
	"time"

	"posthorn/archive"
	"posthorn/crash"
	"posthorn/hook"
)

// batchMargin is how much longer a batch is locked than the first of its messages
// that is sealed, so that it need not be extended for each that follows.
const batchMargin = time.Minute

// sealBatch puts the request that a message came in with others into WORM storage,
// unless it is there, for as long as the message is kept.
func (a *Activities) sealBatch(ctx context.Context, m *hook.Message, until time.Time) error {
	of := &m.Batch
	if of.ID == (hook.ID{}) {
		return nil
	}
	if of.Record.VersionID == "" {
		sealed, err, _ := a.batches.Do(of.ID.String(), func() (any, error) { return a.putBatch(ctx, of.ID, until.Add(batchMargin)) })
		if err != nil {
			return err
		}
		of.Record, of.RetainUntil = sealed.(hook.Batch).Record, sealed.(hook.Batch).RetainUntil
	}
	if !of.RetainUntil.Before(until) {
		return nil
	}
	o := hook.Object{Key: archive.BatchKey(m.TenantID, m.EndpointID, of.ID), VersionID: of.Record.VersionID}
	if err := a.Archive.Extend(ctx, o, until.Add(batchMargin)); err != nil {
		return err
	}
	return a.Store.BatchPut(ctx, &hook.Batch{ID: of.ID, Record: of.Record, RetainUntil: until.Add(batchMargin)})
}

// putBatch puts a batch, unless it is there, and records it.
func (a *Activities) putBatch(ctx context.Context, id hook.ID, until time.Time) (b hook.Batch, err error) {
	size, err := a.Store.BatchSize(ctx, id)
	if err != nil {
		return b, err
	}
	leave, err := a.Room.enterBatch(ctx, size)
	if err != nil {
		return b, err
	}
	defer leave()
	if b, err = a.Store.Batch(ctx, id); err != nil || b.Record.VersionID != "" {
		return b, err
	}
	if b.Record, err = a.Archive.PutBatch(ctx, &b, until); err != nil {
		return b, err
	}
	crash.At(crash.AfterBatch)
	b.RetainUntil = until
	err = a.Store.BatchPut(ctx, &b)
	return b, err
}
