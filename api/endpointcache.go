package api

import (
	"context"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"posthorn/hook"
	"posthorn/provider"
	"posthorn/store"
)

// How long an endpoint is believed: a change is effective on every replica
// within a second, however it was made.
const endpointTTL = 500 * time.Millisecond

// maxEndpoints bounds the cache; beyond, it starts anew.
const maxEndpoints = 10_000

// endpointCache keeps the endpoints that are in use. Tokens that name none are
// not kept: whoever guesses must not fill our memory.
type endpointCache struct {
	store *store.Store
	mu    sync.RWMutex
	known map[string]cachedEndpoint
	asked singleflight.Group
}

type cachedEndpoint struct {
	endpoint *hook.Endpoint
	config   *provider.Config // of a provider's
	until    time.Time
}

func newEndpointCache(s *store.Store) *endpointCache {
	return &endpointCache{store: s, known: map[string]cachedEndpoint{}}
}

// find returns an endpoint, with a provider's configuration, that nobody may
// change.
func (c *endpointCache) find(ctx context.Context, token string) (cachedEndpoint, error) {
	if !isToken(token) {
		return cachedEndpoint{}, hook.NotFound("endpoint")
	}
	c.mu.RLock()
	cached, ok := c.known[token]
	c.mu.RUnlock()
	if ok && time.Now().Before(cached.until) {
		return cached, nil
	}
	found := c.asked.DoChan(token, func() (any, error) { return c.ask(context.WithoutCancel(ctx), token) })
	select {
	case r := <-found:
		e, _ := r.Val.(cachedEndpoint)
		return e, r.Err
	case <-ctx.Done():
		return cachedEndpoint{}, hook.Unavailable(ctx.Err())
	}
}

// ask looks an endpoint up for all who want it at the same time.
func (c *endpointCache) ask(ctx context.Context, token string) (found cachedEndpoint, err error) {
	ctx, cancel := context.WithTimeout(ctx, acceptTimeout)
	defer cancel()
	now := time.Now()
	e, err := c.store.EndpointByToken(ctx, token)
	if err != nil {
		return found, err
	}
	found = cachedEndpoint{endpoint: &e, until: now.Add(endpointTTL)}
	if p, ok := provider.Lookup(e.Provider); ok {
		if found.config, err = p.Config(hook.Active(e.Keys, now)); err != nil {
			return found, err
		}
		for _, key := range e.Keys { // a version that ends meanwhile ends in time
			if key.ExpiresAt.After(now) && key.ExpiresAt.Before(found.until) {
				found.until = key.ExpiresAt
			}
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= maxEndpoints {
		clear(c.known)
	}
	c.known[token] = found
	return found, nil
}

// isToken reports whether s has the form of a token: the database need not be
// asked for anything else, and cannot be for some of it.
func isToken(s string) bool {
	return len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}
