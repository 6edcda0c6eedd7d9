package expr

import (
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
)

// maxCached is how many compiled programs are kept. One takes some ten
// kilobytes.
const maxCached = 2000

type cacheKey struct {
	kind kind
	text string
}

// compiled is a program, and where in its text its parts stand.
type compiled struct {
	cel.Program
	source *ast.SourceInfo
}

var (
	cacheLock sync.RWMutex
	cached    = map[cacheKey]compiled{}
)

// program is the compiled form of a text, from the cache where it is there.
func program(k kind, text string) (compiled, error) {
	key := cacheKey{k, text}
	cacheLock.RLock()
	p, ok := cached[key]
	cacheLock.RUnlock()
	if ok {
		return p, nil
	}
	p, err := compile(k, text)
	if err != nil {
		return compiled{}, err
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
