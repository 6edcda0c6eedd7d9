package store

import (
	"context"
	"crypto/sha256"

	"posthorn/hook"
	"posthorn/store/db"
)

// unseen are the events that the endpoint of a message has not published yet:
// those that are no transition, and the transitions that are new.
func unseen(ctx context.Context, q *db.Queries, m *hook.Message, events []hook.Event) (fresh []*hook.Event, err error) {
	p := db.ClaimTransitionsParams{EndpointID: m.EndpointID, TenantID: m.TenantID}
	for i := range events {
		t := events[i].Transition
		if t == nil {
			continue
		}
		key, subject := sha256.Sum256([]byte(t.Key)), sha256.Sum256([]byte(t.MessageID))
		p.KeyHashes, p.EventIds = append(p.KeyHashes, key[:]), append(p.EventIds, events[i].ID)
		p.Subjects, p.Recipients = append(p.Subjects, subject[:]), append(p.Recipients, text(t.Recipient))
		p.Ranks = append(p.Ranks, int16(t.Rank))
	}
	isFresh := map[hook.ID]bool{}
	if len(p.EventIds) > 0 {
		ids, err := q.ClaimTransitions(ctx, p)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			isFresh[id] = true
		}
	}
	for i := range events {
		if events[i].Transition == nil || isFresh[events[i].ID] {
			fresh = append(fresh, &events[i])
		}
	}
	return fresh, nil
}

// maxTransitions bounds what is told of one message of a provider's.
const maxTransitions = 1000

// Transitions lists what a provider said of one of its messages, by recipient,
// the current status of each first: the one of the highest rank, and of those
// the last.
func (s *Store) Transitions(ctx context.Context, tenant, endpoint hook.ID, providerMessageID string) (list []hook.Event, err error) {
	subject := sha256.Sum256([]byte(text(providerMessageID)))
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		if _, err := q.Endpoint(ctx, db.EndpointParams{TenantID: tenant, ID: endpoint}); err != nil {
			return err
		}
		rows, err := q.Transitions(ctx, db.TransitionsParams{TenantID: tenant, EndpointID: endpoint, Subject: subject[:], MaxRows: maxTransitions})
		list = convert(rows, func(r db.TransitionsRow) hook.Event {
			e := eventOf(r.Event)
			e.Transition = &hook.Transition{MessageID: providerMessageID, Recipient: r.Recipient, Rank: int(r.Rank)}
			return e
		})
		return err
	})
	return list, wrap(err, "endpoint")
}
