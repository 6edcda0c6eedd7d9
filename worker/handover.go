package worker

import (
	"slices"
	"sync"

	"posthorn/store"
)

// owned are the shards whose rows this worker reads. Who reads them writes them.
type owned struct {
	sync.RWMutex
	shards []int16
}

func (o *owned) set(shards []int16) {
	o.Lock()
	defer o.Unlock()
	o.shards = shards
}

// takeOver takes rows that this process just committed, of the shards that it
// owns, and returns the others.
func (s *starter) takeOver(jobs []store.Job) (left []store.Job) {
	if !s.owned.TryRLock() {
		return jobs
	}
	defer s.owned.RUnlock()
	var own []store.Job
	for _, j := range jobs {
		if slices.Contains(s.owned.shards, j.Shard) {
			own = append(own, j)
		} else {
			left = append(left, j)
		}
	}
	s.accept(own)
	return left
}
