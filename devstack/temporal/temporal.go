// Package temporal runs a Temporal server, and its Web UI, inside this
// process, on a PostgreSQL that somebody else runs.
//
// Namespaces and search attributes are not made here: the product sets them
// up through the API, here as on any other cluster. Linking this package adds
// some 200 MB to a binary, so few test packages should.
package temporal

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	"posthorn/devstack/port"
)

// Config says where a server runs and on which database.
type Config struct {
	DatabaseAddr     string // host:port of the PostgreSQL
	DatabaseUser     string // may create databases and extensions
	DatabasePassword string

	Ports  Ports
	UIAddr string // host:port of the Web UI; empty: no UI

	Log *slog.Logger // nil: none
}

// Ports are where the parts of the server listen, on 127.0.0.1. Clients only
// ever talk to the front end.
type Ports struct {
	Frontend, History, Matching, Worker int
}

// Server is a running Temporal.
type Server struct {
	cfg    Config
	log    *logger
	server temporal.Server
	ui     *webUI // nil: none

	stop    sync.Once
	stopped chan struct{} // closed after err is set
	err     error
}

// Start sets up or upgrades the databases and returns when the server answers.
// Several can follow each other in one process, on the same databases too.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if err := checkAddresses(cfg); err != nil {
		return nil, err
	}
	logger := newLogger(cfg.Log)
	for _, d := range databases {
		if err := d.setUp(ctx, cfg, logger); err != nil {
			return nil, fmt.Errorf("Temporal's database %s cannot be set up: %w", d.name, err)
		}
	}
	server, err := newServer(cfg, logger)
	if err != nil {
		return nil, fmt.Errorf("Temporal cannot start: %w", err)
	}
	s := &Server{cfg: cfg, log: logger, server: server, stopped: make(chan struct{})}
	if err := server.Start(); err != nil {
		return nil, s.abandon(fmt.Errorf("Temporal did not start: %w", err))
	}
	if err := waitServing(ctx, s.Addr()); err != nil {
		return nil, s.abandon(fmt.Errorf("Temporal did not start in time: %w", err))
	}
	if cfg.UIAddr != "" {
		if s.ui, err = startUI(ctx, cfg.UIAddr, s.Addr()); err != nil {
			return nil, s.abandon(err)
		}
	}
	cfg.Log.Debug("Temporal is ready", "addr", s.Addr(), "ui", s.UIURL())
	return s, nil
}

// Addr is the host:port that clients dial.
func (s *Server) Addr() string { return local(s.cfg.Ports.Frontend) }

// UIURL is where the Web UI is, empty when there is none.
func (s *Server) UIURL() string {
	if s.cfg.UIAddr == "" {
		return ""
	}
	return "http://" + s.cfg.UIAddr
}

// Stop ends the server; running workflows go on where they were at its next
// start. When ctx ends first, what is left of the server goes on ending in
// the background.
func (s *Server) Stop(ctx context.Context) error {
	s.stop.Do(func() {
		if s.ui != nil {
			s.ui.stop()
		}
		s.log.quiet.Store(true)
		go func() {
			defer close(s.stopped)
			s.err = s.server.Stop()
		}()
	})
	select {
	case <-s.stopped:
		return s.err
	case <-ctx.Done():
		return fmt.Errorf("Temporal did not stop in time: %w", ctx.Err())
	}
}

// abandon stops what a failed start has started.
func (s *Server) abandon(why error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = s.Stop(ctx) // why it failed to start says more
	return why
}

func newServer(cfg Config, logger *logger) (temporal.Server, error) {
	hosts := map[primitives.ServiceName]static.Hosts{}
	for name, p := range cfg.Ports.byService() {
		hosts[name] = static.SingleLocalHost(local(p))
	}
	return temporal.NewServer(
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithConfig(serverConfig(cfg)),
		temporal.WithDynamicConfigClient(dynamicConfig()),
		// Known hosts need no gossip between the parts: it would take four
		// more ports and a second of every start.
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(logger),
		temporal.WithNamespaceLogger(log.NewNoopLogger()),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper {
			return authorization.NewNoopClaimMapper()
		}),
	)
}

// checkAddresses finds out before the start what would otherwise end as a
// panic in its midst.
func checkAddresses(cfg Config) error {
	for name, p := range cfg.Ports.byService() {
		if err := port.Check(local(p)); err != nil {
			return fmt.Errorf("Temporal's %s service cannot start: %w", name, err)
		}
	}
	if cfg.UIAddr == "" {
		return nil
	}
	if err := port.Check(cfg.UIAddr); err != nil {
		return fmt.Errorf("the Temporal Web UI cannot start: %w: choose another address for it, or none", err)
	}
	return nil
}

func (p Ports) byService() map[primitives.ServiceName]int {
	return map[primitives.ServiceName]int{
		primitives.FrontendService: p.Frontend,
		primitives.HistoryService:  p.History,
		primitives.MatchingService: p.Matching,
		primitives.WorkerService:   p.Worker,
	}
}

func local(p int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p)) }

// frontendHealth is the name that the front end reports its health under.
const frontendHealth = "temporal.api.workflowservice.v1.WorkflowService"

func waitServing(ctx context.Context, addr string) error {
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	health := grpc_health_v1.NewHealthClient(conn)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		res, err := health.Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: frontendHealth}, grpc.WaitForReady(true))
		if err == nil && res.Status == grpc_health_v1.HealthCheckResponse_SERVING {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
