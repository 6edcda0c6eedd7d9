package store

import (
	"context"
	"time"

	"posthorn/hook"
	"posthorn/store/db"
)

// Receipt says where an archived message lies and until when it must.
type Receipt struct {
	MessageID hook.ID
	hook.Location
	SHA256      [32]byte // of the body as received
	RetainUntil time.Time
}

// Receipts are those of the messages that are archived by now, whosever they are.
func (s *Store) Receipts(ctx context.Context, ids []hook.ID) ([]Receipt, error) {
	rows, err := s.queries().Receipts(ctx, ids)
	return convert(rows, func(r db.ReceiptsRow) Receipt {
		return Receipt{
			MessageID: r.ID, SHA256: [32]byte(r.Sha256), RetainUntil: *r.RetainUntil,
			Location: hook.Location{
				Object: hook.Object{Key: *r.ObjectKey, VersionID: *r.VersionID}, Offset: *r.RecordOffset, Length: *r.RecordLength,
			},
		}
	}), wrap(err, "message")
}
