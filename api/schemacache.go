package api

import (
	"context"
	"sync"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"posthorn/hook"
	"posthorn/store"
)

const (
	schemaAge  = time.Second // a change on another replica is effective after it
	maxSchemas = 10_000      // that are remembered
)

// schemas remembers the schemas of types, compiled, so that publishing does not
// ask for them each time.
type schemas struct {
	store *store.Store
	mu    sync.Mutex
	known map[schemaKey]knownSchema
}

type schemaKey struct {
	tenant    hook.ID
	eventType string
}

type knownSchema struct {
	schema *jsonschema.Schema // nil: any data will do
	at     time.Time
}

// of returns the schema of a tenant's type, nil where it has none.
func (s *schemas) of(ctx context.Context, tenant hook.ID, eventType string) (*jsonschema.Schema, error) {
	key := schemaKey{tenant, eventType}
	s.mu.Lock()
	known, ok := s.known[key]
	s.mu.Unlock()
	now := time.Now()
	if ok && now.Sub(known.at) < schemaAge {
		return known.schema, nil
	}
	known = knownSchema{at: now}
	t, err := s.store.EventType(ctx, tenant, eventType)
	if err != nil && hook.CodeOf(err) != hook.CodeNotFound {
		return nil, err
	}
	if t.Schema != nil {
		if known.schema, err = compileSchema(t.Schema); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= maxSchemas {
		clear(s.known)
	}
	s.known[key] = known
	return known.schema, nil
}

func (s *schemas) forget(tenant hook.ID, eventType string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, schemaKey{tenant, eventType})
}
