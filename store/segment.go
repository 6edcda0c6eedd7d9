package store

import (
	"context"
	"time"

	"posthorn/hook"
	"posthorn/store/db"
)

// Segment is an object that holds several messages of an endpoint. Who lies in
// it is settled when it is assigned, and never changes.
type Segment struct {
	ID         hook.ID
	TenantID   hook.ID
	EndpointID hook.ID
	Messages   []hook.ID // in the order of their numbers

	// Once it is put.
	VersionID   string  // "" until then
	Lengths     []int64 // of the messages' records, in bytes, one after another
	RetainUntil time.Time
}

// AssignSegment numbers messages of one endpoint, and has those that had no
// number lie in a segment, in the order of their numbers. Where there are none
// it has no messages, and is not kept.
func (s *Store) AssignSegment(ctx context.Context, segment *Segment, ids []hook.ID) (numbers map[hook.ID]Numbered, err error) {
	err = s.tx(ctx, func(q *db.Queries) (err error) {
		numbers, segment.Messages, err = number(ctx, q, segment.ID, ids)
		if err != nil || len(segment.Messages) == 0 {
			return err
		}
		return q.InsertSegment(ctx, db.InsertSegmentParams{
			ID: segment.ID, TenantID: segment.TenantID, EndpointID: segment.EndpointID, Messages: segment.Messages,
		})
	})
	return numbers, wrap(err, "message")
}

// Segment finds one.
func (s *Store) Segment(ctx context.Context, id hook.ID) (Segment, error) {
	row, err := s.queries().Segment(ctx, id)
	return segmentOf(row), wrap(err, "segment")
}

// SegmentPut records where a segment lies, once: what was recorded first stays.
func (s *Store) SegmentPut(ctx context.Context, of Segment) (Segment, error) {
	row, err := s.queries().SegmentPut(ctx, db.SegmentPutParams{
		ID: of.ID, VersionID: of.VersionID, Lengths: of.Lengths, RetainUntil: of.RetainUntil,
	})
	return segmentOf(row), wrap(err, "segment")
}

func segmentOf(row db.Segment) Segment {
	s := Segment{ID: row.ID, TenantID: row.TenantID, EndpointID: row.EndpointID, Messages: row.Messages, Lengths: row.Lengths}
	if row.VersionID != nil {
		s.VersionID, s.RetainUntil = *row.VersionID, *row.RetainUntil
	}
	return s
}
