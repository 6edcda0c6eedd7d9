package store

import (
	"context"

	"posthorn/hook"
	"posthorn/store/db"
)

// Attached is an attachment and its place among its message's.
type Attached struct {
	N int // from 0
	hook.Attachment
}

// SaveAttachment records what became of one attachment. The first record
// counts: what is in WORM stays what it is.
func (s *Store) SaveAttachment(ctx context.Context, m *hook.Message, a Attached) error {
	err := s.queries().UpsertAttachment(ctx, attachmentRow(m, a))
	if err == nil {
		s.metrics.Fetched(a.Failed != "")
	}
	return wrap(err, "attachment")
}

func (s *Store) attached(ctx context.Context, message hook.ID) ([]Attached, error) {
	rows, err := s.queries().MessageAttachments(ctx, message)
	return convert(rows, attachedOf), wrap(err, "attachment")
}

func attachmentRow(m *hook.Message, a Attached) db.UpsertAttachmentParams {
	return db.UpsertAttachmentParams{
		MessageID: m.ID, N: int32(a.N), TenantID: m.TenantID, Filename: text(a.Filename), ContentType: text(a.ContentType),
		Url: text(a.URL), Size: a.Size, Sha256: a.SHA256, ObjectKey: a.Object.Key, VersionID: a.Object.VersionID,
		Failed: text(a.Failed),
	}
}

func attachedOf(row db.Attachment) Attached {
	return Attached{N: int(row.N), Attachment: hook.Attachment{
		Filename: row.Filename, ContentType: row.ContentType, URL: row.Url, Size: row.Size, SHA256: row.Sha256,
		Object: hook.Object{Key: row.ObjectKey, VersionID: row.VersionID}, Failed: row.Failed,
	}}
}
