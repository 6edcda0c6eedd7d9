package api

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"posthorn/hook"
)

// cacheTTL is how long a row is believed: a change is effective on every
// replica within a second, however it was made.
const cacheTTL = 500 * time.Millisecond

// cacheRows bounds a cache; beyond, it starts anew.
const cacheRows = 10_000

// cache keeps rows that each request needs. What was not found is not kept:
// whoever guesses must not fill our memory. Whoever asks may hold no
// transaction: one asks for all.
type cache[V any] struct {
	mu    sync.RWMutex
	known map[string]cached[V]
	asked *singleflight.Group // since known was emptied
}

type cached[V any] struct {
	value V
	until time.Time
}

func newCache[V any]() *cache[V] {
	c := &cache[V]{}
	c.forget()
	return c
}

// find returns what is known under a key, or asks, once for all who want it at
// the same time. Nobody may change what it returns.
func (c *cache[V]) find(ctx context.Context, key string, ask func(context.Context) (V, time.Time, error)) (none V, err error) {
	c.mu.RLock()
	known, ok := c.known[key]
	asked := c.asked
	c.mu.RUnlock()
	if ok && time.Now().Before(known.until) {
		return known.value, nil
	}
	found := asked.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptTimeout)
		defer cancel()
		now := time.Now()
		value, end, err := ask(ctx)
		if err != nil {
			return none, err
		}
		until := now.Add(cacheTTL)
		if end.After(now) && end.Before(until) {
			until = end
		}
		c.keep(asked, key, cached[V]{value, until})
		return value, nil
	})
	select {
	case r := <-found:
		value, _ := r.Val.(V)
		return value, r.Err
	case <-ctx.Done():
		return none, hook.Unavailable(ctx.Err())
	}
}

// keep keeps a row, unless rows were forgotten since it was asked for.
func (c *cache[V]) keep(asked *singleflight.Group, key string, row cached[V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked != asked {
		return
	}
	if len(c.known) >= cacheRows {
		clear(c.known)
	}
	c.known[key] = row
}

// forget has every row asked for anew, by whoever comes after it.
func (c *cache[V]) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known, c.asked = map[string]cached[V]{}, new(singleflight.Group)
}
