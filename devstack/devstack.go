// Package devstack runs all servers that Posthorn stands on, in and under this
// process: PostgreSQL, an S3 object store, and Temporal with its Web UI. It
// serves development and tests; in production the servers are real ones.
//
// Everything lies in one directory, which can be stopped, killed, started
// again and, to begin afresh, deleted. The product itself, its schema, bucket
// and Temporal namespace are not made here.
package devstack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"posthorn/devstack/objectstore"
	"posthorn/devstack/port"
	"posthorn/devstack/postgres"
	"posthorn/devstack/temporal"
)

// Database is the name of the product's database, made empty.
const Database = "posthorn"

// Options say how a stack runs.
type Options struct {
	Dir        string // made when missing; one stack at a time
	TemporalUI string // host:port of Temporal's Web UI; empty: no UI

	// PostgresSettings are settings of postgresql.conf, over the defaults.
	PostgresSettings map[string]string
	// PostgresBinDir and PostgresRepository say where PostgreSQL's programs
	// come from; see postgres.Config.
	PostgresBinDir, PostgresRepository string

	Progress func(string) // takes what a person should read; nil: nobody does
	Log      *slog.Logger // nil: none
}

// Stack is a set of running servers. A test may stop or kill one of them and
// start it again with the Stack's own methods; everything about it stays as
// it was, down to the port.
type Stack struct {
	Postgres    *postgres.Server
	ObjectStore *objectstore.Server
	Temporal    *temporal.Server

	opts        Options
	ports       ports
	credentials credentials
	lock        *os.File
}

// Start returns when every server answers. Cancelling ctx stops only the
// start. After an error nothing is left running; the error is one sentence
// that says what to do.
func Start(ctx context.Context, opts Options) (*Stack, error) {
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return nil, err
	}
	opts.Dir = dir
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Progress == nil {
		opts.Progress = func(string) {}
	}
	// Before anything takes time.
	if opts.TemporalUI != "" {
		if err := port.Check(opts.TemporalUI); err != nil {
			return nil, fmt.Errorf("the Temporal Web UI cannot start: %w: stop that, or choose another address for the UI", err)
		}
	}
	s := &Stack{opts: opts}
	if s.lock, err = openDir(dir); err != nil {
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		_ = s.Stop(ctx) // why it failed to start says more
		return nil, err
	}
	return s, nil
}

func (s *Stack) start(ctx context.Context) (err error) {
	if s.credentials, err = keepCredentials(s.opts.Dir); err != nil {
		return err
	}
	if s.ports, err = keepPorts(s.opts.Dir, s.opts.Progress); err != nil {
		return err
	}
	for _, step := range []struct {
		name  string
		start func(context.Context) error
	}{
		{"PostgreSQL", s.StartPostgres},
		{"the object store", s.StartObjectStore},
		{"Temporal", s.StartTemporal},
	} {
		began := time.Now()
		if err := step.start(ctx); err != nil {
			return err
		}
		s.opts.Progress(fmt.Sprintf("Started %s in %d ms.", step.name, time.Since(began).Milliseconds()))
	}
	return nil
}

// StartPostgres starts PostgreSQL again after it was stopped or killed.
func (s *Stack) StartPostgres(ctx context.Context) (err error) {
	s.Postgres, err = postgres.Start(ctx, postgres.Config{
		Dir:        filepath.Join(s.opts.Dir, "postgres"),
		Port:       s.ports.Postgres,
		Password:   s.credentials.PostgresPassword,
		Settings:   s.opts.PostgresSettings,
		BinDir:     s.opts.PostgresBinDir,
		Repository: s.opts.PostgresRepository,
		Notice:     s.opts.Progress,
		Log:        s.opts.Log,
	})
	if err != nil {
		return err
	}
	return s.Postgres.CreateDatabase(ctx, Database)
}

// StartObjectStore starts the object store again after it was stopped.
func (s *Stack) StartObjectStore(ctx context.Context) (err error) {
	s.ObjectStore, err = objectstore.Start(ctx, objectstore.Config{
		Dir:       filepath.Join(s.opts.Dir, "objectstore"),
		Addr:      local(s.ports.ObjectStore),
		AccessKey: s.credentials.AccessKey,
		SecretKey: s.credentials.SecretKey,
		Log:       s.opts.Log,
	})
	return err
}

// StartTemporal starts Temporal and its UI again after they were stopped.
func (s *Stack) StartTemporal(ctx context.Context) (err error) {
	s.Temporal, err = temporal.Start(ctx, temporal.Config{
		DatabaseAddr:     s.Postgres.Addr(),
		DatabaseUser:     postgres.User,
		DatabasePassword: s.credentials.PostgresPassword,
		Ports: temporal.Ports{
			Frontend: s.ports.TemporalFrontend,
			History:  s.ports.TemporalHistory,
			Matching: s.ports.TemporalMatching,
			Worker:   s.ports.TemporalWorker,
		},
		UIAddr: s.opts.TemporalUI,
		Log:    s.opts.Log,
	})
	return err
}

// DatabaseURL is the connection string of the product's database.
func (s *Stack) DatabaseURL() string { return s.Postgres.URL(Database) }

// Stop ends the servers, those first that use the others. When ctx ends
// before they do they are ended at once, and recover at their next start.
func (s *Stack) Stop(ctx context.Context) error {
	var errs []error
	if s.Temporal != nil {
		errs = append(errs, s.Temporal.Stop(ctx))
	}
	if s.ObjectStore != nil {
		errs = append(errs, s.ObjectStore.Stop(ctx))
	}
	if s.Postgres != nil {
		errs = append(errs, s.Postgres.Stop(ctx))
	}
	return errors.Join(append(errs, s.lock.Close())...)
}
