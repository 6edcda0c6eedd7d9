package store

import (
	"bytes"
	"errors"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"

	"posthorn/hook"
)

// registerIDs lets ids go over the wire as the 16 bytes that they are. Without
// it pgx takes them for any driver.Valuer: a text that is made, tried, and
// parsed again, for a sixth of what the ingest allocates.
func registerIDs(m *pgtype.Map) {
	m.TryWrapEncodePlanFuncs = append([]pgtype.TryWrapEncodePlanFunc{wrapEncodeID}, m.TryWrapEncodePlanFuncs...)
	m.TryWrapScanPlanFuncs = append([]pgtype.TryWrapScanPlanFunc{wrapScanID}, m.TryWrapScanPlanFuncs...)
}

// sortedIDs are the keys of a map in the order in which rows are locked.
func sortedIDs[V any](m map[hook.ID]V) []hook.ID {
	return slices.SortedFunc(maps.Keys(m), compareIDs)
}

var errNullID = errors.New("store: an id is null")

// wireID is an id as pgx knows ids.
type wireID hook.ID

// UUIDValue implements pgtype.UUIDValuer.
func (id wireID) UUIDValue() (pgtype.UUID, error) { return pgtype.UUID{Bytes: id, Valid: true}, nil }

// ScanUUID implements pgtype.UUIDScanner.
func (id *wireID) ScanUUID(v pgtype.UUID) error {
	if !v.Valid {
		return errNullID
	}
	*id = v.Bytes
	return nil
}

func wrapEncodeID(value any) (pgtype.WrappedEncodePlanNextSetter, any, bool) {
	id, ok := value.(hook.ID)
	if !ok {
		return nil, nil, false
	}
	return &encodeID{}, wireID(id), true
}

type encodeID struct{ next pgtype.EncodePlan }

func (p *encodeID) SetNext(next pgtype.EncodePlan) { p.next = next }

func (p *encodeID) Encode(value any, buf []byte) ([]byte, error) {
	id, _ := value.(hook.ID)
	return p.next.Encode(wireID(id), buf)
}

func wrapScanID(target any) (pgtype.WrappedScanPlanNextSetter, any, bool) {
	id, ok := target.(*hook.ID)
	if !ok {
		return nil, nil, false
	}
	return &scanID{}, (*wireID)(id), true
}

type scanID struct{ next pgtype.ScanPlan }

func (p *scanID) SetNext(next pgtype.ScanPlan) { p.next = next }

func (p *scanID) Scan(source []byte, target any) error {
	id, _ := target.(*hook.ID)
	return p.next.Scan(source, (*wireID)(id))
}

func compareIDs(a, b hook.ID) int { return bytes.Compare(a[:], b[:]) }
