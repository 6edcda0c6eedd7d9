package api

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/semaphore"

	"posthorn/hook"
)

// DefaultBodyMemory is what the bodies of all requests may take up together,
// in bytes.
const DefaultBodyMemory = 256 << 20

// DefaultMemoryWait is how long a request waits for memory before its client
// is sent away with a 503.
const DefaultMemoryWait = 5 * time.Second

// memory bounds what bodies take up over all requests. It is a ladder of
// pools, one for each size that a buffer may have. A body that outgrows its
// buffer waits for room in a pool further up while it keeps what it has; as
// nobody waits for a lower one, no two wait for each other. What is taken
// follows what has come: a client that announces much and sends little holds
// little.
type memory struct {
	rungs []rung
	wait  time.Duration
}

type rung struct {
	size int64 // of a buffer, bytes
	pool *semaphore.Weighted
}

// What a buffer may hold: the largest message, or the largest email, and the
// byte that tells that there is more.
const (
	maxBuffer = hook.MaxBody + 1
	maxMail   = hook.MaxMail + 1
)

func newMemory(total int64, wait time.Duration) *memory {
	m := &memory{wait: wait}
	for _, r := range []struct{ size, share int64 }{
		{4 << 10, total / 8}, {64 << 10, total / 8}, {1 << 20, total / 4}, {maxBuffer, total / 4}, {maxMail, total / 4},
	} {
		m.rungs = append(m.rungs, rung{size: r.size, pool: semaphore.NewWeighted(max(r.share, r.size))})
	}
	return m
}

var errCrowded = errors.New("too many bodies are in memory at the same time")

// buffer holds one body.
type buffer struct {
	memory *memory
	bytes  []byte
	next   int // rung to take when it is full
	held   int64
}

// grow makes room for more, at most for want bytes in all. It may wait.
func (b *buffer) grow(ctx context.Context, want int64) error {
	r := b.memory.rungs[b.next]
	size := min(r.size, want)
	if !r.pool.TryAcquire(size) {
		ctx, cancel := context.WithTimeout(ctx, b.memory.wait)
		defer cancel()
		if r.pool.Acquire(ctx, size) != nil {
			return hook.Unavailable(errCrowded)
		}
	}
	grown := make([]byte, len(b.bytes), size)
	copy(grown, b.bytes)
	b.release()
	b.bytes, b.held, b.next = grown, size, b.next+1
	return nil
}

// release gives the memory back; what was in it must not be used any more.
func (b *buffer) release() {
	if b.held > 0 {
		b.memory.rungs[b.next-1].pool.Release(b.held)
	}
	b.bytes, b.held = nil, 0
}
