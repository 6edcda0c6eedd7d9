package worker

import (
	"sync"

	"posthorn/store"
)

// rows are the rows of the outbox that this worker has in work: reading claims
// nothing, so that it has to remember them.
type rows struct {
	mu     sync.Mutex
	shard  map[int64]int16
	counts [store.Shards]int
}

// add remembers a row. It answers false where it is known.
func (r *rows) add(j store.Job) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.shard[j.RowID]; known {
		return false
	}
	if r.shard == nil {
		r.shard = map[int64]int16{}
	}
	r.shard[j.RowID] = j.Shard
	r.counts[j.Shard]++
	return true
}

// remove forgets rows: they are gone, or are to be read again.
func (r *rows) remove(jobs ...store.Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, j := range jobs {
		if _, known := r.shard[j.RowID]; known {
			delete(r.shard, j.RowID)
			r.counts[j.Shard]--
		}
	}
}

// known lists all.
func (r *rows) known() []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := make([]int64, 0, len(r.shard))
	for id := range r.shard {
		ids = append(ids, id)
	}
	return ids
}

// idle reports whether nothing of a shard is in work.
func (r *rows) idle(shard int16) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts[shard] == 0
}
