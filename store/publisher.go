package store

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"posthorn/hook"
	"posthorn/store/db"
)

// Limits of a group of events that are published together.
const (
	publishRows     = 256
	publishBytes    = 1 << 20
	publishFlushers = 2
)

// publication is an event that is queued.
type publication struct {
	event *hook.Event
	first *hook.Event   // that holds its id, where another one does
	done  chan struct{} // closed once it is published, or first or err is set
	err   error
}

// result is what Publish answers.
func (p *publication) result() (published hook.Event, repeat bool, err error) {
	if p.first != nil {
		return *p.first, true, p.err
	}
	return *p.event, false, p.err
}

// publisher publishes events in groups: those that come at the same time share
// one transaction, whosever they are.
type publisher struct {
	store *Store
	queue queue[*publication]
}

func (p *publisher) start(s *Store) {
	p.store = s
	p.queue.start(publishFlushers, p.publishAll)
}

// Publish records an event with one delivery for each active webhook that
// matches, and their outbox rows, in one transaction. Where the publisher's id
// was used before, the first event is returned and repeat is true. Where ctx
// ends first it is open whether that is done.
func (s *Store) Publish(ctx context.Context, e hook.Event) (published hook.Event, repeat bool, err error) {
	p := &publication{event: &e, done: make(chan struct{})}
	if within(ctx) {
		p.err = wrap(s.tenant(ctx, e.TenantID, func(q *db.Queries) error {
			_, err := publishGroup(ctx, q, []*publication{p})
			return err
		}), "event")
		s.bell.ring()
		return p.result()
	}
	if err := s.publisher.queue.await(ctx, p, p.done); err != nil {
		return e, false, err
	}
	return p.result()
}

// key is what tells a publication from others of its tenant, "" for nothing.
func (p *publication) key() tenantType { return tenantType{p.event.TenantID, p.event.PublicID} }

// publishAll publishes an event with what is queued behind it. A statement
// cannot meet an id twice: the second event of one begins a new group.
func (p *publisher) publishAll(first *publication) {
	for e := first; e != nil; {
		var group []*publication
		ids, size := map[tenantType]bool{}, 0
		for e != nil && len(group) < publishRows && size < publishBytes && !ids[e.key()] {
			if e.event.PublicID != "" {
				ids[e.key()] = true
			}
			group = append(group, e)
			size += len(e.event.Data)
			e, _ = p.queue.next()
		}
		p.publish(group)
	}
}

// publish settles every event of a group.
func (p *publisher) publish(group []*publication) {
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	var all made
	settle(group, true, func(part []*publication) error {
		var m made
		err := p.store.tx(ctx, func(q *db.Queries) (err error) {
			m, err = publishGroup(ctx, q, part)
			return err
		})
		if err == nil {
			all.add(m)
		}
		return err
	}, func(e *publication, err error) { e.err = wrap(err, "event") })
	for _, e := range group {
		close(e.done)
	}
	p.store.committed(all)
}

// publishGroup publishes the events whose ids are new.
func publishGroup(ctx context.Context, q *db.Queries, group []*publication) (made, error) {
	first, err := claimIDs(ctx, q, group)
	if err != nil {
		return made{}, err
	}
	var fresh []*hook.Event
	for _, p := range group {
		id, claimed := first[p.key()]
		if !claimed || id == p.event.ID {
			fresh = append(fresh, p.event)
			continue
		}
		row, err := q.EventByID(ctx, db.EventByIDParams{TenantID: p.event.TenantID, ID: id})
		if err != nil {
			return made{}, err
		}
		e := eventOf(row)
		p.first = &e
	}
	return publish(ctx, q, fresh...)
}

// claimIDs answers which events hold the publishers' ids of a group.
func claimIDs(ctx context.Context, q *db.Queries, group []*publication) (map[tenantType]hook.ID, error) {
	group = slices.DeleteFunc(slices.Clone(group), func(p *publication) bool { return p.event.PublicID == "" })
	if len(group) == 0 {
		return nil, nil
	}
	slices.SortFunc(group, func(a, b *publication) int {
		if c := bytes.Compare(a.event.TenantID[:], b.event.TenantID[:]); c != 0 {
			return c
		}
		return strings.Compare(a.event.PublicID, b.event.PublicID)
	})
	var c db.ClaimEventIDsParams
	for _, p := range group {
		c.TenantIds, c.PublicIds = append(c.TenantIds, p.event.TenantID), append(c.PublicIds, p.event.PublicID)
		c.EventIds = append(c.EventIds, p.event.ID)
	}
	rows, err := q.ClaimEventIDs(ctx, c)
	first := make(map[tenantType]hook.ID, len(rows))
	for _, row := range rows {
		first[tenantType{row.TenantID, row.PublicID}] = row.EventID
	}
	return first, err
}
