package store

import (
	"context"
	"encoding/json"
	"time"

	"posthorn/hook"
	"posthorn/store/db"
)

// MessageToArchive loads a message with its request, its attachments so far
// and how long it is to be kept. Where the message is archived already, Raw
// may be gone.
func (s *Store) MessageToArchive(ctx context.Context, id hook.ID) (m hook.Message, attachments []Attached, err error) {
	row, err := s.queries().MessageToArchive(ctx, id)
	if err != nil {
		return m, nil, wrap(err, "message")
	}
	if m, err = toArchive(row); err != nil {
		return m, nil, err
	}
	attachments, err = s.attached(ctx, id)
	return m, attachments, err
}

// SmallMessagesToArchive loads messages as MessageToArchive does, those whose
// bodies are at most maxSize bytes. Their attachments so far are left out.
func (s *Store) SmallMessagesToArchive(ctx context.Context, ids []hook.ID, maxSize int) (map[hook.ID]hook.Message, error) {
	rows, err := s.queries().SmallMessagesToArchive(ctx, db.SmallMessagesToArchiveParams{Ids: ids, MaxSize: int32(maxSize)})
	found := make(map[hook.ID]hook.Message, len(rows))
	for _, row := range rows {
		m, err := toArchive(db.MessageToArchiveRow(row))
		if err != nil {
			return nil, err
		}
		found[m.ID] = m
	}
	return found, wrap(err, "message")
}

func toArchive(row db.MessageToArchiveRow) (hook.Message, error) {
	m := hook.Message{
		ID: row.ID, TenantID: row.TenantID, EndpointID: row.EndpointID, Status: hook.MessageStatus(row.Status),
		Run: int(row.Run), ReceivedAt: hook.IDTime(row.ID), Raw: row.Raw, SHA256: [32]byte(row.Sha256),
		Retention: time.Duration(row.Retention) * time.Second, Segmented: row.ArchiveSegments,
	}
	if row.SegmentID != nil {
		m.Segment = *row.SegmentID
	}
	if row.BatchID != nil {
		m.Batch = hook.BatchLine{ID: *row.BatchID, Offset: int64(*row.BatchOffset), Length: int64(row.Size)}
	}
	if row.BatchVersionID != nil {
		m.Batch.Record = hook.BatchRecord{VersionID: *row.BatchVersionID, RequestSHA256: *row.BatchRequestSha256}
		m.Batch.RetainUntil = *row.BatchRetainUntil
	}
	if row.Number != nil {
		m.Number = *row.Number
	}
	m.Payload.ExternalID = row.ExternalID
	return m, openRequest(row.Request, &m)
}

// MessageSize is how large a message's body is as received, in bytes.
func (s *Store) MessageSize(ctx context.Context, id hook.ID) (int, error) {
	size, err := s.queries().MessageSize(ctx, id)
	return int(size), wrap(err, "message")
}

// MessageView is a message as the management API shows it.
type MessageView struct {
	hook.Message
	ExternalID  string
	OccurredAt  time.Time
	Size        int
	Conflicting bool
	Payload     json.RawMessage // normalised; nil until archived: then Raw has it
	Attachments []Attached
	Cut         bool // the page ends here, because what follows is large
}

// Message finds one message.
func (s *Store) Message(ctx context.Context, tenant, id hook.ID) (v MessageView, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		row, err := q.Message(ctx, db.MessageParams{TenantID: tenant, ID: id})
		if err != nil {
			return err
		}
		views, err := views(ctx, q, tenant, []db.MessagesByIDRow{db.MessagesByIDRow(row)})
		if err == nil {
			v = views[0]
		}
		return err
	})
	return v, wrap(err, "message")
}

// MessageFilter narrows a list of messages; zero fields do not.
type MessageFilter struct {
	EndpointID hook.ID
	Status     hook.MessageStatus
	After      time.Time // received at or after
	Before     time.Time // received before
}

// bounds are the ids between which the messages of a page lie: ids carry the
// time of receipt.
func (f MessageFilter) bounds(p Page) (since, before hook.ID) {
	before = p.before()
	if !f.After.IsZero() {
		since = firstID(f.After)
	}
	if id := firstID(f.Before); !f.Before.IsZero() && string(id[:]) < string(before[:]) {
		before = id
	}
	return since, before
}

// pageBytes bounds the messages of a page, by the bodies' sizes; a larger
// message is on a page alone.
const pageBytes = 8 << 20

// Messages lists a tenant's messages, newest first. Where they are large the
// page ends early: its last message says so.
func (s *Store) Messages(ctx context.Context, tenant hook.ID, f MessageFilter, p Page) (list []MessageView, err error) {
	since, before := f.bounds(p)
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		var sizes []db.MessageSizesRow
		var err error
		status := optional(string(f.Status))
		switch {
		case f.Status == hook.MessageAccepted:
			var open []db.OpenMessageSizesRow
			open, err = q.OpenMessageSizes(ctx, db.OpenMessageSizesParams{
				TenantID: tenant, Since: since, Before: before, EndpointID: optional(f.EndpointID), MaxRows: int32(p.Limit),
			})
			sizes = convert(open, func(r db.OpenMessageSizesRow) db.MessageSizesRow { return db.MessageSizesRow(r) })
		case f.EndpointID != hook.ID{}:
			var own []db.EndpointMessageSizesRow
			own, err = q.EndpointMessageSizes(ctx, db.EndpointMessageSizesParams{
				TenantID: tenant, Since: since, Before: before, EndpointID: f.EndpointID, Status: status, MaxRows: int32(p.Limit),
			})
			sizes = convert(own, func(r db.EndpointMessageSizesRow) db.MessageSizesRow { return db.MessageSizesRow(r) })
		default:
			sizes, err = q.MessageSizes(ctx, db.MessageSizesParams{TenantID: tenant, Since: since, Before: before, Status: status, MaxRows: int32(p.Limit)})
		}
		if err != nil {
			return err
		}
		list, err = load(ctx, q, tenant, sizes)
		return err
	})
	return list, wrap(err, "message")
}

// load reads messages, as many as a page may hold.
func load(ctx context.Context, q *db.Queries, tenant hook.ID, sizes []db.MessageSizesRow) ([]MessageView, error) {
	if len(sizes) == 0 {
		return nil, nil
	}
	var ids []hook.ID
	total := 0
	for _, m := range sizes {
		if total += int(m.Size); total > pageBytes && len(ids) > 0 {
			break
		}
		ids = append(ids, m.ID)
	}
	rows, err := q.MessagesByID(ctx, db.MessagesByIDParams{TenantID: tenant, Ids: ids, Newest: ids[0], Oldest: ids[len(ids)-1]})
	if err != nil {
		return nil, err
	}
	list, err := views(ctx, q, tenant, rows)
	if err == nil && len(list) > 0 {
		list[len(list)-1].Cut = len(ids) < len(sizes)
	}
	return list, err
}

func views(ctx context.Context, q *db.Queries, tenant hook.ID, rows []db.MessagesByIDRow) ([]MessageView, error) {
	ids := make([]hook.ID, len(rows))
	for i, row := range rows {
		ids[i] = row.Message.ID
	}
	attached, err := q.AttachmentsOf(ctx, db.AttachmentsOfParams{TenantID: tenant, MessageIds: ids})
	if err != nil {
		return nil, err
	}
	byMessage := map[hook.ID][]Attached{}
	for _, a := range attached {
		byMessage[a.MessageID] = append(byMessage[a.MessageID], attachedOf(a))
	}
	return tryConvert(rows, func(row db.MessagesByIDRow) (MessageView, error) {
		v := viewOf(row)
		v.Attachments = byMessage[v.ID]
		return v, openRequest(row.Request, &v.Message)
	})
}

// openRequest reads message_bodies.request into a message; nil once it is
// archived.
func openRequest(raw []byte, m *hook.Message) error {
	if raw == nil {
		return nil
	}
	var s stored
	err := json.Unmarshal(raw, &s)
	m.Request, m.Verdict, m.Origin, m.Mapping = s.Request, s.Verdict, s.Origin, s.Mapping
	return err
}

func viewOf(row db.MessagesByIDRow) MessageView {
	m := row.Message
	v := MessageView{
		Message: hook.Message{
			ID: m.ID, TenantID: m.TenantID, EndpointID: m.EndpointID, Status: hook.MessageStatus(m.Status),
			Run: int(m.Run), ReceivedAt: hook.IDTime(m.ID), Raw: row.Raw, SHA256: [32]byte(m.Sha256),
		},
		ExternalID: m.ExternalID, OccurredAt: m.OccurredAt, Size: int(m.Size), Conflicting: m.Conflicting, Payload: m.Payload,
	}
	if m.Number != nil {
		v.Number = *m.Number
	}
	if m.ObjectKey != nil {
		v.Location = hook.Location{
			Object: hook.Object{Key: *m.ObjectKey, VersionID: *m.VersionID}, Offset: *m.RecordOffset, Length: *m.RecordLength,
		}
		v.RetainUntil, v.ArchivedAt = *m.RetainUntil, *m.ArchivedAt
	}
	if m.Dispatch != nil {
		v.Dispatch = *m.Dispatch
	}
	return v
}
