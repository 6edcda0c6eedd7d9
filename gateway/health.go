package gateway

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"posthorn/api"
)

// workerHealth answers /healthz, /readyz and /metrics for a worker, which
// serves nothing else, until the context is done. A worker is ready when it reaches Temporal
// and the database.
func (p *parts) workerHealth(ctx context.Context, listener net.Listener) error {
	mux := http.NewServeMux()
	ok := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintln(w, `{"success":true,"data":{"status":"ok"}}`)
	}
	mux.HandleFunc("GET /healthz", ok)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		for name, check := range map[string]func(context.Context) error{"the database": p.store.Ping, "Temporal": p.checkTemporal} {
			if check(ctx) != nil {
				w.Header().Set("Retry-After", "2")
				http.Error(w, name+" does not answer", http.StatusServiceUnavailable)
				return
			}
		}
		ok(w, r)
	})
	if !p.config.MetricsOff {
		mux.Handle("GET /metrics", p.metrics.Handler())
	}
	server := api.NewServer(mux, p.log)
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); err != nil && ctx.Err() == nil {
		return fmt.Errorf("the worker's health: %w", err)
	}
	return nil
}
