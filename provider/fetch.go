package provider

import (
	"context"
	"sync"
	"time"
)

// Cached keeps what fetch brought, for a while and for a few URLs: the
// certificates of SNS change rarely, and each callback names one. Errors are
// not kept. It is safe for use by many at once.
func Cached(fetch Fetch, lifetime time.Duration, now func() time.Time) Fetch {
	const most = 64
	type entry struct {
		content []byte
		until   time.Time
	}
	var mu sync.Mutex
	kept := map[string]entry{}
	return func(ctx context.Context, url string) ([]byte, error) {
		mu.Lock()
		e, ok := kept[url]
		mu.Unlock()
		if ok && now().Before(e.until) {
			return e.content, nil
		}
		content, err := fetch(ctx, url)
		if err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		if len(kept) >= most {
			clear(kept)
		}
		kept[url] = entry{content, now().Add(lifetime)}
		return content, nil
	}
}
