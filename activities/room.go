package activities

import (
	"context"

	"golang.org/x/sync/semaphore"

	"posthorn/hook"
)

// What messages take of memory while they are looked at or sealed. Several
// hundred small ones may be at once, and a few of the largest: more of those
// would only keep one another from coming to an end.
const (
	memory = 128 << 20 // bytes, for all messages
	copies = 4         // of a body: as it came, as read, as a record
	small  = 64 << 10  // bytes of a body that takes no room
)

// large is the size of a body, in bytes, above which looking at it, or sealing
// it, takes so long that it is no work for a workflow task.
const large = 1 << 20

// Room bounds the memory of messages, and that of batches apart: who has room for a
// message may wait for that of its batch.
type Room struct{ bytes, batches *semaphore.Weighted }

// NewRoom returns an empty room.
func NewRoom() *Room {
	return &Room{bytes: semaphore.NewWeighted(memory), batches: semaphore.NewWeighted(memory / 2)}
}

// enter waits for room for a body of a size; leave gives it back.
func (r *Room) enter(ctx context.Context, size int) (leave func(), err error) {
	if size <= small {
		return func() {}, nil
	}
	return acquire(ctx, r.bytes, min(int64(size)*copies, memory))
}

// enterBatch does as enter for the body of a batch.
func (r *Room) enterBatch(ctx context.Context, size int) (leave func(), err error) {
	if size <= small {
		return func() {}, nil
	}
	return acquire(ctx, r.batches, min(int64(size)*copies, memory/2))
}

func acquire(ctx context.Context, from *semaphore.Weighted, weight int64) (leave func(), err error) {
	if err := from.Acquire(ctx, weight); err != nil {
		return nil, err
	}
	return func() { from.Release(weight) }, nil
}

// enter waits until there is room for a message.
func (a *Activities) enter(ctx context.Context, id hook.ID) (leave func(), err error) {
	size, err := a.Store.MessageSize(ctx, id)
	if err != nil {
		return nil, err
	}
	return a.Room.enter(ctx, size)
}
