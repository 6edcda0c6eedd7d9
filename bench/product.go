package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"time"

	"posthorn/client"
	"posthorn/devstack"
	"posthorn/gateway"
	"posthorn/keyset"
)

// product is all of Posthorn, 'posthorn serve' in a process of its own, over
// real servers: PostgreSQL with fsync, an object store, and Temporal in this
// process.
type product struct {
	address  string // of the API
	key      string // of a tenant
	client   *client.Client
	pid      int // of the product; this process's own where it runs in it
	stack    *devstack.Stack
	postgres string // its process id

	statements bool // what each costs is counted
	undo       []func()
}

// startProduct starts all. For profiles the product runs in this process.
func startProduct(ctx context.Context, dispatch string, c *loads) (*product, error) {
	p := &product{statements: c.Statements}
	if err := p.start(ctx, dispatch, c.Profile != ""); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func (p *product) stop() {
	for i := range p.undo {
		p.undo[len(p.undo)-1-i]()
	}
}

func (p *product) start(ctx context.Context, dispatch string, inside bool) error {
	// The object store moves the process into a directory of its own.
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "posthorn-bench-")
	if err != nil {
		return err
	}
	p.undo = append(p.undo, func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL may run as another user, who must reach it
		return err
	}
	settings := map[string]string{"fsync": "on", "synchronous_commit": "on", "max_wal_size": "4GB", "max_connections": "300"}
	if p.statements {
		settings["shared_preload_libraries"] = "pg_stat_statements"
	}
	p.stack, err = devstack.Start(ctx, devstack.Options{Dir: filepath.Join(dir, "stack"), PostgresSettings: settings})
	if err != nil {
		return err
	}
	p.undo = append(p.undo, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		_ = p.stack.Stop(ctx)
	})
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.address = listener.Addr().String()
	config, err := p.config(ctx, dispatch)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	if err := gateway.Setup(ctx, config, log); err != nil {
		return err
	}
	if inside {
		p.inside(ctx, config, listener, log)
	} else if err := errors.Join(listener.Close(), p.outside(ctx, here, dir, config)); err != nil {
		return err
	}
	return p.enter(ctx, config)
}

func (p *product) config(ctx context.Context, dispatch string) (gateway.Config, error) {
	keys, err := keyset.Generate()
	if err != nil {
		return gateway.Config{}, err
	}
	if err := p.stack.Postgres.CreateDatabase(ctx, "bench"); err != nil {
		return gateway.Config{}, err
	}
	return gateway.Config{
		DatabaseURL: p.stack.Postgres.URL("bench"), Keyset: string(keys), S3Endpoint: "http://" + p.stack.ObjectStore.Endpoint(),
		S3AccessKey: p.stack.ObjectStore.AccessKey(), S3SecretKey: p.stack.ObjectStore.SecretKey(), S3Bucket: "bench", S3Region: p.stack.ObjectStore.Region(),
		TemporalAddress: p.stack.Temporal.Addr(), TemporalNamespace: "bench", URL: "http://" + p.address, RootKey: "root-" + rand.Text(),
		EgressAllow: []string{"127.0.0.0/8"}, DefaultRetention: 24 * time.Hour, MaxAttachment: 1 << 20, SweepAfter: 2 * time.Minute,
		LogLevel: "error", Dispatch: dispatch,
	}, nil
}

func (p *product) inside(ctx context.Context, c gateway.Config, listener net.Listener, log *slog.Logger) {
	p.pid = os.Getpid()
	serving, cancel := context.WithCancel(ctx)
	var ended sync.WaitGroup
	ended.Go(func() {
		if err := gateway.Serve(serving, c, listener, log); err != nil {
			log.Error("the product ended", "error", err)
		}
	})
	p.undo = append(p.undo, func() { cancel(); ended.Wait() })
}

// outside builds the product and runs it.
func (p *product) outside(ctx context.Context, source, dir string, c gateway.Config) error {
	binary := filepath.Join(dir, "posthorn")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "posthorn/cmd/posthorn")
	build.Dir = source
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building posthorn: %w: %s", err, output)
	}
	command := exec.CommandContext(ctx, binary, "serve")
	command.Env = []string{"PATH=" + os.Getenv("PATH"), gateway.ListenVariable + "=" + p.address}
	config := reflect.ValueOf(c)
	for field, value := range config.Fields() {
		text := fmt.Sprint(value.Interface())
		if list, ok := reflect.TypeAssert[[]string](value); ok {
			text = strings.Join(list, ",")
		}
		if text != "" {
			command.Env = append(command.Env, field.Tag.Get("env")+"="+text)
		}
	}
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		return err
	}
	p.pid = command.Process.Pid
	p.undo = append(p.undo, func() {
		_ = command.Process.Signal(os.Interrupt)
		_ = command.Wait()
	})
	return nil
}

// enter waits for the API and makes a tenant.
func (p *product) enter(ctx context.Context, c gateway.Config) error {
	root, err := client.New(c.URL, c.RootKey, client.HTTPClient(&http.Client{}))
	if err != nil {
		return err
	}
	for end := time.Now().Add(time.Minute); ; {
		if _, err = root.Ready(ctx); err == nil {
			break
		}
		if time.Now().After(end) || ctx.Err() != nil {
			return fmt.Errorf("the product does not get ready: %w", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	tenant, err := root.CreateTenant(ctx, "bench")
	if err != nil {
		return err
	}
	p.key = tenant.Key
	p.client, err = client.New(c.URL, tenant.Key, client.HTTPClient(&http.Client{}))
	return err
}
