package api

import (
	"context"
	"sync"
	"time"

	"posthorn/hook"
	"posthorn/store"
)

// How receipts are asked for, while somebody waits.
const (
	pollEvery   = 20 * time.Millisecond
	pollRows    = 2000
	pollTimeout = 5 * time.Second
)

// receipts tells waiting clients that their messages are archived: one query
// at a time asks for all of them.
type receipts struct {
	store   *store.Store
	mu      sync.Mutex
	waiting map[hook.ID][]chan store.Receipt
	polling bool
}

// wait returns when all messages are archived, or before that with the
// context or when the server stops.
func (r *receipts) wait(ctx context.Context, stopping <-chan struct{}, views map[hook.ID][]*acceptedView) {
	got := make(chan store.Receipt, len(views))
	r.mu.Lock()
	for id := range views {
		r.waiting[id] = append(r.waiting[id], got)
	}
	if !r.polling {
		r.polling = true
		go r.poll()
	}
	r.mu.Unlock()
	defer r.leave(got, views)
	for range views {
		select {
		case receipt := <-got:
			for _, v := range views[receipt.MessageID] {
				v.archived(receipt)
			}
		case <-ctx.Done():
			return
		case <-stopping:
			return
		}
	}
}

func (r *receipts) leave(got chan store.Receipt, views map[hook.ID][]*acceptedView) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range views {
		var others []chan store.Receipt
		for _, w := range r.waiting[id] {
			if w != got {
				others = append(others, w)
			}
		}
		if r.waiting[id] = others; others == nil {
			delete(r.waiting, id)
		}
	}
}

// poll asks until nobody waits any more.
func (r *receipts) poll() {
	for ids := r.wanted(); len(ids) > 0; ids = r.wanted() {
		ctx, cancel := context.WithTimeout(context.Background(), pollTimeout)
		found, _ := r.store.Receipts(ctx, ids) // whoever waits, waits for the next answer
		cancel()
		r.mu.Lock()
		for _, receipt := range found {
			for _, w := range r.waiting[receipt.MessageID] {
				w <- receipt // it has room for each of its messages, once
			}
			delete(r.waiting, receipt.MessageID)
		}
		r.mu.Unlock()
		<-time.After(pollEvery)
	}
}

// wanted lists messages that somebody waits for, some of them where they are
// too many for one query: the order of a map is a lot each time. Where nobody
// waits the polling ends.
func (r *receipts) wanted() (ids []hook.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range r.waiting {
		if ids = append(ids, id); len(ids) == pollRows {
			break
		}
	}
	r.polling = len(ids) > 0
	return ids
}
