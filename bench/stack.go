package main

import (
	"context"
	"crypto/rand"
	"net"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"posthorn/devstack/objectstore"
	"posthorn/devstack/port"
	"posthorn/devstack/postgres"
	"posthorn/devstack/temporal"
	"posthorn/gateway"
	"posthorn/keyset"
)

// stack are the servers that a product stands on: PostgreSQL with fsync,
// Temporal and an object store, each in processes of its own.
type stack struct {
	postgres *postgres.Server
	servers  []*process
	config   gateway.Config // by which a product reaches them
}

// sweepAfter is how long what is overdue is left before its workflow is looked
// for, the product's default.
const sweepAfter = 2 * time.Minute

// maxAttachment is how large an attachment may be, bytes.
const maxAttachment = 100 << 20

func startStack(ctx context.Context, list *closers, statements bool) (*stack, error) {
	dir, err := list.directory()
	if err != nil {
		return nil, err
	}
	var free [6]int
	for i := range free {
		if free[i], err = port.Free(); err != nil {
			return nil, err
		}
	}
	settings := map[string]string{"fsync": "on", "synchronous_commit": "on", "max_wal_size": "4GB", "max_connections": "300"}
	if statements {
		settings["shared_preload_libraries"] = "pg_stat_statements"
	}
	s, password := &stack{}, rand.Text()
	s.postgres, err = postgres.Start(ctx, postgres.Config{
		Dir: filepath.Join(dir, "postgres"), Port: free[0], Password: password, Settings: settings,
	})
	if err != nil {
		return nil, err
	}
	list.add(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		_ = s.postgres.Stop(ctx)
	})
	objects := objectstore.Config{Dir: filepath.Join(dir, "objects"), Addr: local(free[1]), AccessKey: rand.Text(), SecretKey: rand.Text()}
	s.servers = make([]*process, 2)
	var undo [2]closers
	var both errgroup.Group
	both.Go(func() (err error) {
		s.servers[0], err = startServer(ctx, &undo[0], "temporal", temporal.Config{
			DatabaseAddr: s.postgres.Addr(), DatabaseUser: postgres.User, DatabasePassword: password,
			Ports: temporal.Ports{Frontend: free[2], History: free[3], Matching: free[4], Worker: free[5]},
		})
		return err
	})
	both.Go(func() (err error) {
		s.servers[1], err = startServer(ctx, &undo[1], "objectstore", objects)
		return err
	})
	err = both.Wait()
	list.add(undo[0].close)
	list.add(undo[1].close)
	if err != nil {
		return nil, err
	}
	return s, s.configure(ctx, objects, local(free[2]))
}

func (s *stack) configure(ctx context.Context, objects objectstore.Config, temporal string) error {
	keys, err := keyset.Generate()
	if err != nil {
		return err
	}
	s.config = gateway.Config{
		DatabaseURL: s.postgres.URL("bench"), Keyset: string(keys), S3Endpoint: "http://" + objects.Addr,
		S3AccessKey: objects.AccessKey, S3SecretKey: objects.SecretKey, S3Bucket: "bench", S3Region: objectstore.DefaultRegion,
		TemporalAddress: temporal, TemporalNamespace: "bench", RootKey: "root-" + rand.Text(), EgressAllow: []string{"127.0.0.0/8"},
		DefaultRetention: 24 * time.Hour, MaxAttachment: maxAttachment, SweepAfter: sweepAfter, LogLevel: "error",
	}
	return s.postgres.CreateDatabase(ctx, "bench")
}

func local(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
