package store

import (
	"context"

	"posthorn/hook"
	"posthorn/store/db"
)

// Numbered is a message that has its number, and with it the object that it is
// to lie in.
type Numbered struct {
	Number  int64   // within its endpoint
	Segment hook.ID // zero: an object of its own
}

// NumberMessages gives messages their numbers within their endpoints, each once:
// the numbers of an endpoint have no holes. What is gone has none. A message that
// gets its number here is to lie in an object of its own.
func (s *Store) NumberMessages(ctx context.Context, ids ...hook.ID) (map[hook.ID]Numbered, error) {
	var numbers map[hook.ID]Numbered
	err := s.tx(ctx, func(q *db.Queries) (err error) {
		numbers, _, err = number(ctx, q, hook.ID{}, ids)
		return err
	})
	return numbers, wrap(err, "message")
}

// number numbers messages for a segment, or each for an object of its own. fresh
// are those that had no number, in the order of what they got.
func number(ctx context.Context, q *db.Queries, segment hook.ID, ids []hook.ID) (numbers map[hook.ID]Numbered, fresh []hook.ID, err error) {
	rows, err := q.LockMessageNumbers(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	numbers = make(map[hook.ID]Numbered, len(rows))
	wanted := map[hook.ID][]hook.ID{}
	for i, row := range rows {
		if i > 0 && rows[i-1].ID == row.ID {
			continue // it was named twice
		}
		if row.Number == nil {
			wanted[row.EndpointID] = append(wanted[row.EndpointID], row.ID)
			continue
		}
		n := Numbered{Number: *row.Number}
		if row.SegmentID != nil {
			n.Segment = *row.SegmentID
		}
		numbers[row.ID] = n
	}
	if len(wanted) == 0 {
		return numbers, nil, nil
	}
	set, err := nextNumbers(ctx, q, wanted)
	if err != nil {
		return nil, nil, err
	}
	set.SegmentID = optional(segment)
	for i, id := range set.Ids {
		numbers[id] = Numbered{set.Numbers[i], segment}
	}
	return numbers, set.Ids, q.SetMessageNumbers(ctx, set)
}

// nextNumbers takes the next numbers of endpoints for messages that have none.
func nextNumbers(ctx context.Context, q *db.Queries, wanted map[hook.ID][]hook.ID) (set db.SetMessageNumbersParams, err error) {
	var next db.NextNumbersParams
	for _, endpoint := range sortedIDs(wanted) {
		next.EndpointIds = append(next.EndpointIds, endpoint)
		next.Wanted = append(next.Wanted, int64(len(wanted[endpoint])))
	}
	rows, err := q.NextNumbers(ctx, next)
	for _, row := range rows {
		ids := wanted[row.EndpointID]
		for i, id := range ids {
			set.Ids, set.Numbers = append(set.Ids, id), append(set.Numbers, row.Next-int64(len(ids)-i))
		}
	}
	return set, err
}
