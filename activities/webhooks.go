package activities

import (
	"context"
	"sync"
	"time"

	"posthorn/hook"
	"posthorn/store"
)

// webhookAge is how old a webhook's settings may be with which an attempt is
// made: a change is to be effective within a second.
const webhookAge = 500 * time.Millisecond

// maxWebhooks bounds how many are kept.
const maxWebhooks = 10_000

// webhooks are those that attempts are made to, with their secrets.
type webhooks struct {
	mu   sync.Mutex
	list map[hook.ID]cachedWebhook
}

type cachedWebhook struct {
	*hook.Webhook
	read time.Time // at the latest
}

// of returns webhooks as they were a moment ago, for reading only; those that
// are gone are missing.
func (c *webhooks) of(ctx context.Context, s *store.Store, ids []hook.ID) (map[hook.ID]*hook.Webhook, error) {
	found := make(map[hook.ID]*hook.Webhook, len(ids))
	var missing []hook.ID
	now := time.Now()
	c.mu.Lock()
	for _, id := range ids {
		if w, ok := c.list[id]; ok && now.Sub(w.read) < webhookAge {
			found[id] = w.Webhook
		} else {
			missing = append(missing, id)
		}
	}
	c.mu.Unlock()
	if len(missing) == 0 {
		return found, nil
	}
	read, err := s.WebhooksByID(ctx, missing)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.list == nil || len(c.list) > maxWebhooks {
		c.list = map[hook.ID]cachedWebhook{}
	}
	for i := range read {
		found[read[i].ID] = &read[i]
		c.list[read[i].ID] = cachedWebhook{&read[i], now}
	}
	return found, err
}
