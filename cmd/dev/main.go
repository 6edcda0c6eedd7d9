// Dev brings up everything that Posthorn needs, and Posthorn itself, on one
// machine with Go alone: PostgreSQL, an S3 store with Object Lock, Temporal
// with its Web UI, the API and a worker. It is for trying out and developing;
// production runs cmd/posthorn beside real servers.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"posthorn/devstack"
	"posthorn/gateway"
)

type cli struct {
	Data        string `default:".posthorn" type:"path" help:"Directory of everything that is kept; a second start finds it again."`
	Listen      string `default:"127.0.0.1:8080" placeholder:"ADDR" help:"Where the API listens; whatever the environment says."`
	TemporalUI  string `name:"temporal-ui" default:"127.0.0.1:8233" placeholder:"ADDR" help:"Where Temporal's Web UI listens."`
	OnlyServers bool   `name:"only-servers" help:"Run the servers alone, set up, and write dev.env; run Posthorn yourself."`

	SNSCerts string `name:"sns-certs" env:"POSTHORN_SNS_CERTS" type:"path" placeholder:"FILE" help:"Certificates of SNS that are believed: a JSON object of PEM by URL, or one in PEM for all. Left out, one is made, for 'posthorn simulate ses'."`

	shown string // Data as people read it
}

const description = `Bring up Posthorn and everything that it needs, in one directory and on loopback only.

When it is ready it writes DIR/dev.env: 'set -a; . .posthorn/dev.env; set +a' and any
'go run ./cmd/posthorn ...' joins this stack.`

// stopTimeout bounds the servers' stop, after Posthorn's own.
const stopTimeout = 3 * time.Second

func main() {
	var c cli
	kong.Parse(&c, kong.Name("dev"), kong.Description(description))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once
	if err := run(ctx, c); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "dev:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, c cli) error {
	c.shown = shown(c.Data)
	listener, err := c.listen()
	if err != nil {
		return err
	}
	defer listener.Close()
	fmt.Println("Posthorn's development stack in", c.shown)
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	stack, err := devstack.Start(ctx, devstack.Options{
		Dir: c.Data, TemporalUI: c.TemporalUI, Log: log,
		Progress: func(line string) { fmt.Println("  " + line) },
	})
	if err != nil {
		return err
	}
	err = serve(ctx, c, stack, listener, log)
	fmt.Println("Stopping.")
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return errors.Join(err, stack.Stop(stopping))
}

// shown is a directory as it is called from here, which the object store will
// change.
func shown(dir string) string {
	here, err := os.Getwd()
	if err != nil {
		return dir
	}
	name, err := filepath.Rel(here, dir)
	if err != nil || !filepath.IsLocal(name) {
		return dir
	}
	return name
}

// listen takes the API's address at once, so that a taken one is told before
// anything is started.
func (c *cli) listen() (net.Listener, error) {
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w; stop what uses it, or choose another address with --listen", c.Listen, err)
	}
	return listener, nil
}

// serve sets Posthorn up on the servers and runs it until ctx is done.
func serve(ctx context.Context, c cli, stack *devstack.Stack, listener net.Listener, log *slog.Logger) error {
	env, err := newEnvironment(c, stack, listener.Addr())
	if err != nil {
		return err
	}
	mails, err := env.startMail()
	if err != nil {
		return err
	}
	defer func() { _ = mails.Stop() }()
	began := time.Now()
	if err := gateway.Setup(ctx, env.config, log); err != nil {
		return err
	}
	if err := env.addTenant(ctx); err != nil {
		return err
	}
	fmt.Printf("  Set up database, bucket and namespace in %d ms.\n", time.Since(began).Milliseconds())
	if c.OnlyServers {
		_ = listener.Close() // the address is for an API to come
		if err := env.write(); err != nil {
			return err
		}
		fmt.Printf("The servers are ready, without Posthorn. Its settings: %s\n", env.shownFile())
		<-ctx.Done()
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	certificates, err := gateway.ReadCertificates(env.snsCerts)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() {
		served <- gateway.Serve(ctx, env.config, listener, log, gateway.WithCertificates(certificates))
	}()
	if err := welcome(ctx, env); err != nil {
		cancel()
		return errors.Join(err, <-served)
	}
	return <-served
}
