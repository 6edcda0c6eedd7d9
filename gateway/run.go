package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"posthorn/activities"
	"posthorn/api"
	"posthorn/hook"
	"posthorn/limit"
	"posthorn/worker"
)

// stopTimeout is how long requests under way may take when the API stops.
const stopTimeout = 6 * time.Second

// API serves the API on a listener until the context is done.
func API(ctx context.Context, c Config, listener net.Listener, log *slog.Logger) error {
	p, err := open(ctx, c, log)
	if err != nil {
		return err
	}
	defer p.close()
	p.reachedAt(listener)
	return p.api(ctx, listener)
}

// Worker runs a worker until the context is done. It tells of its health on a
// listener, which may be nil.
func Worker(ctx context.Context, c Config, listener net.Listener, log *slog.Logger) error {
	p, err := open(ctx, c, log)
	if err != nil {
		return err
	}
	defer p.close()
	group, ctx := errgroup.WithContext(ctx)
	if listener != nil {
		group.Go(func() error { return p.workerHealth(ctx, listener) })
	}
	group.Go(func() error { return p.worker(ctx) })
	return group.Wait()
}

// Serve runs API and worker in one process.
func Serve(ctx context.Context, c Config, listener net.Listener, log *slog.Logger, options ...Option) error {
	p, err := open(ctx, c, log, options...)
	if err != nil {
		return err
	}
	defer p.close()
	p.reachedAt(listener)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.api(ctx, listener) })
	group.Go(func() error { return p.worker(ctx) })
	return group.Wait()
}

// reachedAt takes the listener's address where no URL is set.
func (p *parts) reachedAt(listener net.Listener) {
	if p.config.URL == "" {
		p.config.URL = "http://" + listener.Addr().String()
	}
}

func (p *parts) api(ctx context.Context, listener net.Listener) error {
	ingest := p.store.NewIngest()
	defer ingest.Close()
	rates := limit.New(p.store)
	defer rates.Close()
	refusals := p.store.NewRefusals(p.log)
	defer refusals.Close()
	management, err := api.New(api.Config{
		Store: p.store, Ingest: ingest, Refusals: refusals, Limit: rates, Archive: p.archive, CheckURL: p.egress.CheckURL, Fingerprint: p.keys.Fingerprint, Fetch: p.fetch(),
		CheckTemporal: p.checkTemporal, RootKey: hook.Secret(p.config.RootKey), URL: strings.TrimRight(p.config.URL, "/"), PublicURL: p.config.publicURL(),
		TemporalUIURL: strings.TrimRight(p.config.TemporalUIURL, "/"), Namespace: p.config.TemporalNamespace,
		Retention: p.config.DefaultRetention, TrustedProxies: p.proxies, Stopping: ctx.Done(),
		Metrics: p.metrics, MetricsPage: !p.config.MetricsOff, Log: p.log, Version: Version(),
	})
	if err != nil {
		return err
	}
	handler, err := p.withDashboard(management)
	if err != nil {
		return err
	}
	server := api.NewServer(handler, p.log)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	p.log.Info("the API listens", "address", listener.Addr().String())
	select {
	case err := <-failed:
		return fmt.Errorf("the API: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := server.Shutdown(stop); errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return nil
}

func (p *parts) worker(ctx context.Context) error {
	if !p.waitForTemporal(ctx) {
		return nil // stopped meanwhile
	}
	return worker.Run(ctx, worker.Config{
		Client: p.temporal, Store: p.store, Alone: p.config.Dispatch == "workflow", SweepAfter: p.config.SweepAfter, Log: p.log,
		Activities: &activities.Activities{
			Room:  activities.NewRoom(),
			Store: p.store, Archive: p.archive, Egress: p.egress, MaxAttachment: p.config.MaxAttachment, Retention: p.config.DefaultRetention,
			Mail: p.mail, URL: strings.TrimRight(p.config.URL, "/"), Log: p.log, Version: Version(),
		},
	})
}

// waitForTemporal lets a worker start before Temporal does. It reports false
// where the context ended first.
func (p *parts) waitForTemporal(ctx context.Context) bool {
	said := false
	for {
		err := p.checkTemporal(ctx)
		if err == nil {
			return true
		}
		if !said {
			p.log.Warn("the worker waits for Temporal", "address", p.config.TemporalAddress, "error", err)
			said = true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(500 * time.Millisecond):
		}
	}
}
