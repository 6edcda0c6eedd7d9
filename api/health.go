package api

import (
	"context"
	"sync"
	"time"

	"posthorn/hook"
)

type health struct {
	Status string `json:"status"`
}

// readiness says what answers. Only the database is needed to accept: the
// object store and Temporal may be away, and are made up for.
type readiness struct {
	Status      string `json:"status"`
	Database    string `json:"database"`
	ObjectStore string `json:"object_store"`
	Temporal    string `json:"temporal"`
}

func (s *server) healthRoutes(r *router) {
	add(r, route{method: "GET", path: "/healthz", summary: "Is the process alive?", tag: "Operation", access: byAnyone},
		func(context.Context, caller, *struct{}) (health, error) { return health{Status: "ok"}, nil })
	add(r, route{method: "GET", path: "/readyz", summary: "Can it accept messages?", tag: "Operation", access: byAnyone}, s.ready)
}

func (s *server) ready(ctx context.Context, _ caller, _ *struct{}) (readiness, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := s.Store.Ping(ctx); err != nil {
		return readiness{}, hook.Unavailable(err)
	}
	// At the same time: one that hangs must not make the other look away.
	r := readiness{Status: "ok", Database: "ok"}
	var other sync.WaitGroup
	other.Go(func() { r.ObjectStore = word(s.Archive.Ping(ctx)) })
	r.Temporal = word(s.CheckTemporal(ctx))
	other.Wait()
	return r, nil
}

func word(err error) string {
	if err != nil {
		return "away"
	}
	return "ok"
}
