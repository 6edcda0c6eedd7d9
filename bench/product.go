package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"posthorn/client"
	"posthorn/devstack/port"
	"posthorn/gateway"
)

// The processes of a product, which are the subcommands that run them.
const (
	roleAPI    = "api"
	roleWorker = "worker"
	roleBoth   = "serve"
)

// product is a running Posthorn over a stack of its own, with one tenant.
type product struct {
	*stack

	bench   *bench
	client  *client.Client
	tenant  client.Tenant
	address string     // of the API
	running []*process // of the product
	closers closers
}

// start starts a product: the roles, or what the flags say where none is given.
func (b *bench) start(ctx context.Context, dispatch string, roles ...string) (*product, error) {
	p := &product{bench: b}
	if err := p.start(ctx, dispatch, roles); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func (p *product) stop() { p.closers.close() }

func (p *product) start(ctx context.Context, dispatch string, roles []string) (err error) {
	p.bench.note("starting PostgreSQL, Temporal, the object store and Posthorn")
	if p.stack, err = startStack(ctx, &p.closers, p.bench.Statements); err != nil {
		return err
	}
	free, err := port.Free()
	if err != nil {
		return err
	}
	p.address = local(free)
	p.config.URL, p.config.Dispatch = "http://"+p.address, dispatch
	if err := gateway.Setup(ctx, p.config, quiet()); err != nil {
		return err
	}
	switch {
	case len(roles) > 0:
	case !p.bench.Apart || p.bench.Profile != "":
		roles = []string{roleBoth}
	default:
		roles = []string{roleAPI, roleWorker}
	}
	p.closers.add(func() {
		for _, r := range slices.Backward(p.running) {
			r.stop()
		}
	})
	for _, role := range roles {
		if p.bench.Profile != "" {
			err = p.inside(ctx, role)
		} else {
			err = p.run(ctx, role)
		}
		if err != nil {
			return err
		}
	}
	return p.enter(ctx)
}

func quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
}

// inside runs a role in this process, for a profile.
func (p *product) inside(ctx context.Context, role string) error {
	serve := map[string]func(context.Context, gateway.Config, net.Listener, *slog.Logger) error{
		roleAPI: gateway.API, roleBoth: func(ctx context.Context, c gateway.Config, l net.Listener, log *slog.Logger) error {
			return gateway.Serve(ctx, c, l, log)
		},
	}[role]
	if serve == nil {
		return errors.New("this scenario needs processes of their own: leave out --profile")
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", p.address)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var ended sync.WaitGroup
	ended.Go(func() {
		if err := serve(ctx, p.config, listener, quiet()); err != nil {
			fmt.Fprintln(os.Stderr, "bench: the product ended:", err)
		}
	})
	p.closers.add(func() { cancel(); ended.Wait() })
	return nil
}

// run runs a role in a process of its own.
func (p *product) run(ctx context.Context, role string) error {
	binary, err := p.bench.build(ctx)
	if err != nil {
		return err
	}
	environment := []string{"PATH=" + os.Getenv("PATH")}
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} { // to see what they do
		if value, set := os.LookupEnv(name); set {
			environment = append(environment, name+"="+value)
		}
	}
	if role != roleWorker {
		environment = append(environment, gateway.ListenVariable+"="+p.address)
	}
	for field, value := range reflect.ValueOf(p.config).Fields() {
		text := fmt.Sprint(value.Interface())
		if list, ok := reflect.TypeAssert[[]string](value); ok {
			text = strings.Join(list, ",")
		}
		if text != "" {
			environment = append(environment, field.Tag.Get("env")+"="+text)
		}
	}
	started, err := startProcess(ctx, role, environment, nil, nil, binary, role)
	if err != nil {
		return err
	}
	p.running = append(slices.DeleteFunc(p.running, func(r *process) bool { return r.name == role }), started)
	return nil
}

// process is a role's process.
func (p *product) process(role string) *process {
	return p.running[slices.IndexFunc(p.running, func(r *process) bool { return r.name == role })]
}

// enter waits for the API and makes a tenant.
func (p *product) enter(ctx context.Context) error {
	root, err := client.New(p.config.URL, p.config.RootKey, client.HTTPClient(&http.Client{}))
	if err != nil {
		return err
	}
	for end := time.Now().Add(time.Minute); ; {
		if _, err = root.Ready(ctx); err == nil {
			break
		}
		if time.Now().After(end) || ctx.Err() != nil || slices.ContainsFunc(p.running, (*process).over) {
			return fmt.Errorf("the product does not get ready: %w", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	if p.tenant, err = root.CreateTenant(ctx, "bench"); err != nil {
		return err
	}
	p.client, err = client.New(p.config.URL, p.tenant.Key, client.HTTPClient(&http.Client{}))
	return err
}
