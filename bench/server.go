package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"posthorn/devstack/port"
	"posthorn/devstack/postgres"
	"posthorn/gateway"
	"posthorn/hook"
	"posthorn/keyset"
	"posthorn/store"
)

// server is the API in this process over a PostgreSQL of its own. What it does
// not need to accept messages, the object store and Temporal, is away.
type server struct {
	address  string // of the API
	database string // URL
	endpoint hook.Endpoint
	stop     func()
}

func startServer(ctx context.Context) (*server, error) {
	dir, err := os.MkdirTemp("", "posthorn-bench-")
	if err != nil {
		return nil, err
	}
	s := &server{stop: func() { _ = os.RemoveAll(dir) }}
	if err := s.start(ctx, dir); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// start leaves in stop what undoes what it did, the last first.
func (s *server) start(ctx context.Context, dir string) error {
	free, err := port.Free()
	if err != nil {
		return err
	}
	p, err := postgres.Start(ctx, postgres.Config{
		Dir: filepath.Join(dir, "postgres"), Port: free, Password: uuid.NewString(),
		Settings: map[string]string{"fsync": "on", "synchronous_commit": "on", "max_wal_size": "4GB"},
	})
	if err != nil {
		return err
	}
	s.undo(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		_ = p.Stop(ctx)
	})
	s.database = p.URL("postgres")
	if err := store.Migrate(ctx, s.database); err != nil {
		return err
	}
	keys, err := keyset.Generate()
	if err != nil {
		return err
	}
	if err := s.addEndpoint(ctx, string(keys)); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.address = listener.Addr().String()
	serving, cancel := context.WithCancel(ctx)
	served, ended := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(ended)
		served <- gateway.API(serving, gateway.Config{
			DatabaseURL: s.database, Keyset: string(keys), S3Endpoint: "http://127.0.0.1:1", S3AccessKey: "none",
			S3SecretKey: "none", S3Bucket: "none", S3Region: "us-east-1", TemporalAddress: "127.0.0.1:1",
			TemporalNamespace: "none", DefaultRetention: 24 * time.Hour, MaxAttachment: 1 << 20, LogLevel: "error",
		}, listener, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	}()
	s.undo(func() { cancel(); <-ended })
	select {
	case err := <-served:
		return errors.Join(errors.New("the API ended"), err)
	case <-time.After(200 * time.Millisecond):
		return nil
	}
}

func (s *server) undo(f func()) {
	before := s.stop
	s.stop = func() { f(); before() }
}

// addEndpoint makes an endpoint whose rate is never reached.
func (s *server) addEndpoint(ctx context.Context, keys string) error {
	k, err := keyset.Load(keys)
	if err != nil {
		return err
	}
	st, err := store.Open(ctx, store.Config{URL: s.database, MaxConns: 2}, k)
	if err != nil {
		return err
	}
	defer st.Close()
	tenant, err := st.CreateTenant(ctx, "bench")
	if err != nil {
		return err
	}
	s.endpoint, err = st.CreateEndpoint(ctx, hook.Endpoint{
		ID: hook.NewID(), TenantID: tenant.ID, Name: "bench", Token: hook.NewToken(), Auth: hook.AuthBearer, Enabled: true,
		Keys: []hook.Key{{Secret: hook.NewEndpointSecret()}}, RateLimit: 1_000_000, Burst: 10_000_000,
		DedupWindow: hook.DefaultDedupWindow, Retention: 24 * time.Hour,
	})
	return err
}
