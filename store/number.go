package store

import (
	"context"

	"posthorn/hook"
	"posthorn/store/db"
)

// NumberMessages gives messages their numbers within their endpoints, each once:
// the numbers of an endpoint have no holes. What is gone has none.
func (s *Store) NumberMessages(ctx context.Context, ids ...hook.ID) (numbers map[hook.ID]int64, err error) {
	err = s.tx(ctx, func(q *db.Queries) error {
		rows, err := q.LockMessageNumbers(ctx, ids)
		if err != nil {
			return err
		}
		numbers = make(map[hook.ID]int64, len(rows))
		wanted := map[hook.ID][]hook.ID{}
		for _, row := range rows {
			if row.Number != nil {
				numbers[row.ID] = *row.Number
			} else {
				wanted[row.EndpointID] = append(wanted[row.EndpointID], row.ID)
			}
		}
		return number(ctx, q, wanted, numbers)
	})
	return numbers, wrap(err, "message")
}

// number takes the next numbers of endpoints for messages that have none.
func number(ctx context.Context, q *db.Queries, wanted map[hook.ID][]hook.ID, numbers map[hook.ID]int64) error {
	if len(wanted) == 0 {
		return nil
	}
	var next db.NextNumbersParams
	for _, endpoint := range sortedIDs(wanted) {
		next.EndpointIds = append(next.EndpointIds, endpoint)
		next.Wanted = append(next.Wanted, int64(len(wanted[endpoint])))
	}
	rows, err := q.NextNumbers(ctx, next)
	if err != nil {
		return err
	}
	var set db.SetMessageNumbersParams
	for _, row := range rows {
		ids := wanted[row.EndpointID]
		for i, id := range ids {
			numbers[id] = row.Next - int64(len(ids)-i)
			set.Ids, set.Numbers = append(set.Ids, id), append(set.Numbers, numbers[id])
		}
	}
	return q.SetMessageNumbers(ctx, set)
}
