package store

import (
	"context"
	"encoding/json"

	"posthorn/hook"
	"posthorn/store/db"
)

// CreateBatch keeps a request before its messages are accepted. One of which no
// message comes to be is pruned.
func (s *Store) CreateBatch(ctx context.Context, b *hook.Batch) error {
	request, err := json.Marshal(stored{Request: b.Request})
	if err != nil {
		return err
	}
	return wrap(s.queries().InsertBatch(ctx, db.InsertBatchParams{
		ID: b.ID, TenantID: b.TenantID, EndpointID: b.EndpointID, Request: request, Sha256: b.SHA256[:], Raw: b.Raw,
	}), "batch")
}

// DropBatch forgets a batch that has no message.
func (s *Store) DropBatch(ctx context.Context, id hook.ID) error {
	return wrap(s.queries().DropBatch(ctx, id), "batch")
}

// Batch finds one.
func (s *Store) Batch(ctx context.Context, id hook.ID) (b hook.Batch, err error) {
	row, err := s.queries().Batch(ctx, id)
	if err != nil {
		return b, wrap(err, "batch")
	}
	b = hook.Batch{
		ID: row.ID, TenantID: row.TenantID, EndpointID: row.EndpointID, Raw: row.Raw, SHA256: [32]byte(row.Sha256),
	}
	if row.VersionID != nil {
		b.Record.VersionID, b.Record.RequestSHA256, b.RetainUntil = *row.VersionID, *row.RequestSha256, *row.RetainUntil
	}
	var r stored
	err = json.Unmarshal(row.Request, &r)
	b.Request = r.Request
	return b, err
}

// BatchSize is how large a batch's body is that is not in WORM storage yet, in
// bytes.
func (s *Store) BatchSize(ctx context.Context, id hook.ID) (int, error) {
	size, err := s.queries().BatchSize(ctx, id)
	return int(size), wrap(err, "batch")
}

// BatchPut records where a batch lies, once: what was recorded first stays, but
// for how long it is locked. Its body is deleted.
func (s *Store) BatchPut(ctx context.Context, b *hook.Batch) error {
	row, err := s.queries().BatchPut(ctx, db.BatchPutParams{
		ID: b.ID, VersionID: b.Record.VersionID, RequestSha256: b.Record.RequestSHA256, RetainUntil: b.RetainUntil,
	})
	if err != nil {
		return wrap(err, "batch")
	}
	b.Record.VersionID, b.Record.RequestSHA256, b.RetainUntil, b.Raw = *row.VersionID, *row.RequestSha256, *row.RetainUntil, nil
	return nil
}
