// Posthorn is a durable webhook gateway: one binary, its roles by subcommand.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"posthorn/gateway"
)

type cli struct {
	API      apiCommand      `cmd:"" name:"api" help:"Serve the API: ingest, management, OpenAPI."`
	Worker   workerCommand   `cmd:"" help:"Run a worker: it archives messages and delivers events."`
	Serve    serveCommand    `cmd:"" help:"Run API and worker in one process, for one machine."`
	Setup    setupCommand    `cmd:"" help:"Set up database, bucket and Temporal's namespace. It can be run again, and twice at once."`
	Keyset   keysetCommand   `cmd:"" help:"Make or rotate the keyset that encrypts secrets at rest."`
	Send     sendCommand     `cmd:"" help:"Send one message to an endpoint and follow what becomes of it."`
	Import   importCommand   `cmd:"" help:"Send a file of messages, NDJSON, to an endpoint; it can be interrupted and goes on."`
	Simulate simulateCommand `cmd:"" help:"Send an endpoint a provider's callback, correctly signed, and show what becomes of it."`
	Ledger   ledgerCommand   `cmd:"" help:"Print the balance of all messages and deliveries."`
	Health   healthCommand   `cmd:"" help:"Ask a running API whether it is ready; for container health checks."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
}

const description = `A self-hosted, durable webhook gateway: it receives messages, keeps them in WORM storage,
and delivers events to webhooks.

Every flag can be given in the environment instead. To try it, run 'go run ./cmd/dev' in the
source: it brings up every server that is needed and writes the variables to .posthorn/dev.env.`

// memoryLimit is what a process tries to stay below, in bytes, where GOMEMLIMIT
// does not say: the collector works harder when it comes near.
const memoryLimit = 1 << 30

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parser := kong.Must(&cli{}, kong.Name("posthorn"), kong.Description(description), kong.ShortUsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}), kong.BindTo(ctx, (*context.Context)(nil)))
	command, err := parser.Parse(os.Args[1:])
	parser.FatalIfErrorf(err)
	if err := command.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "posthorn:", err)
		if coded, ok := errors.AsType[exit](err); ok {
			os.Exit(coded.code)
		}
		os.Exit(1)
	}
}

// listening is where the commands that serve listen.
type listening struct {
	Listen string `env:"POSTHORN_LISTEN" default:"127.0.0.1:8080" placeholder:"ADDR" help:"Address to listen on."`
}

func (l listening) listener() (net.Listener, error) {
	listener, err := net.Listen("tcp", l.Listen)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w; choose another address with --listen", l.Listen, err)
	}
	return listener, nil
}

type apiCommand struct {
	listening
	gateway.Config
}

func (c *apiCommand) Run(ctx context.Context) error {
	listener, err := c.listener()
	if err != nil {
		return err
	}
	return gateway.API(ctx, c.Config, listener, gateway.NewLog(os.Stderr, c.LogLevel))
}

type workerCommand struct {
	Listen string `env:"POSTHORN_LISTEN" placeholder:"ADDR" help:"Address for /healthz and /readyz; none if left out."`
	gateway.Config
}

func (c *workerCommand) Run(ctx context.Context) error {
	var listener net.Listener
	if c.Listen != "" {
		var err error
		if listener, err = (listening{Listen: c.Listen}).listener(); err != nil {
			return err
		}
	}
	return gateway.Worker(ctx, c.Config, listener, gateway.NewLog(os.Stderr, c.LogLevel))
}

type serveCommand struct {
	listening
	gateway.Config
}

func (c *serveCommand) Run(ctx context.Context) error {
	listener, err := c.listener()
	if err != nil {
		return err
	}
	return gateway.Serve(ctx, c.Config, listener, gateway.NewLog(os.Stderr, c.LogLevel))
}

type setupCommand struct {
	AdminEmail string `name:"admin-email" env:"POSTHORN_ADMIN_EMAIL" placeholder:"ADDRESS" help:"Print a link by which this address becomes an admin in the dashboard, unless it has an account."`
	Tenant     string `env:"POSTHORN_TENANT" default:"default" placeholder:"NAME" help:"The tenant of that admin; it is made where there is none."`
	gateway.Config
}

func (c *setupCommand) Run(ctx context.Context) error {
	if err := gateway.Setup(ctx, c.Config, gateway.NewLog(os.Stderr, c.LogLevel)); err != nil || c.AdminEmail == "" {
		return err
	}
	link, err := gateway.InviteAdmin(ctx, c.Config, c.Tenant, c.AdminEmail)
	switch {
	case err != nil:
		return err
	case link == "":
		fmt.Println(c.AdminEmail, "has an account already.")
	default:
		fmt.Println("Within seven days, open this link once to become an admin of the dashboard:\n" + link)
	}
	return nil
}

type versionCommand struct{}

func (versionCommand) Run() error {
	fmt.Println(gateway.Version())
	return nil
}
