package expr

import (
	"sync"

	"cel.dev/cel-go/cel"
)

// maxCached is how many compiled programs are kept. One takes some ten
// kilobytes.
const maxCached = 2000

type cacheKey struct {
	kind kind
	text string
}

var (
	cacheLock sync.RWMutex
	cached    = map[cacheKey]cel.Program{}
)

// program is the compiled form of a text, from the cache where it is there.
func program(k kind, text string) (cel.Program, error) {
	key := cacheKey{k, text}
	cacheLock.RLock()
	p, ok := cached[key]
	cacheLock.RUnlock()
	if ok {
		return p, nil
	}
	p, err := compile(k, text)
	if err != nil {
		return nil, err
	}
	cacheLock.Lock()
	defer cacheLock.Unlock()
	if len(cached) >= maxCached {
		for other := range cached { // any one of them
			delete(cached, other)
			break
		}
	}
	cached[key] = p
	return p, nil
}
