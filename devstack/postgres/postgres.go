// Package postgres runs a real PostgreSQL server as a child of this process,
// for development and for tests.
//
// It finds or fetches the binaries, sets up the data directory, starts the
// server on 127.0.0.1 and makes sure that it never outlives its parent.
// Schemas and queries do not live here; tests take their databases from
// package pgtest.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"posthorn/devstack/port"
)

// User is the server's superuser, the only role that Start makes.
const User = "posthorn"

// Config says where and how a server runs.
type Config struct {
	Dir      string            // absolute; made when missing; one server at a time
	Port     int               // on 127.0.0.1
	Password string            // of User; fixed when Dir is first used
	Settings map[string]string // of postgresql.conf, over the defaults

	// BinDir holds the programs initdb and postgres. Empty: the newest
	// version that is installed, else one that is downloaded.
	BinDir string
	// Repository is where the binaries are downloaded from, a mirror of
	// Maven Central. Empty: Maven Central itself; "none": no download.
	Repository string

	Log *slog.Logger // nil: none
	// Notice takes the sentences that a person at the terminal should read:
	// a download, data kept elsewhere. Nil: they go to Log.
	Notice func(string)

	search func(context.Context) []string // nil: installed; tests find nothing
}

// Server is a running PostgreSQL.
type Server struct {
	cfg     Config
	home    home
	process *process
}

// Start returns when the server accepts connections. Cancelling ctx stops
// only the start, never the running server. After an error nothing is left
// running; the error says what to do about it.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if !filepath.IsAbs(cfg.Dir) {
		return nil, fmt.Errorf("the PostgreSQL directory %q must be an absolute path", cfg.Dir)
	}
	if cfg.Password == "" {
		return nil, errors.New("PostgreSQL needs a password")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Notice == nil {
		cfg.Notice = func(s string) { cfg.Log.Info(s) }
	}
	h, err := openHome(cfg)
	if err != nil {
		return nil, err
	}
	bin, err := h.binaries(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := waitUnheld(ctx, h.data); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, home: h}
	if err := port.Check(s.Addr()); err != nil {
		return nil, fmt.Errorf("PostgreSQL cannot start: %w", err)
	}
	if err := h.initialise(ctx, bin, cfg); err != nil {
		return nil, err
	}
	if s.process, err = launch(bin, h, cfg); err != nil {
		return nil, err
	}
	if err := s.waitReady(ctx); err != nil {
		s.Kill()
		return nil, err
	}
	cfg.Log.Debug("PostgreSQL is ready", "version", bin.version, "addr", s.Addr(), "data", h.data)
	return s, nil
}

// Addr is the server's host:port.
func (s *Server) Addr() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.cfg.Port))
}

// URL is the connection string of a database, as superuser.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(User, s.cfg.Password),
		Host:     s.Addr(),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// DataDir is where the server keeps its data; it lies outside Config.Dir
// where the user that the server runs as cannot reach that.
func (s *Server) DataDir() string { return s.home.data }

// LogFile is what the server itself says.
func (s *Server) LogFile() string { return s.home.log }

// Done is closed when the server has ended, for whatever reason.
func (s *Server) Done() <-chan struct{} { return s.process.done }

// Stop disconnects all clients and ends the server with its data checkpointed
// ("fast shutdown"). When ctx ends first the server is ended at once, and
// recovers at its next start; nothing that was committed is lost either way.
func (s *Server) Stop(ctx context.Context) error {
	s.process.signal(syscall.SIGINT)
	select {
	case <-s.process.done:
		return nil
	case <-ctx.Done():
		s.Kill()
		return fmt.Errorf("PostgreSQL did not stop in time and was killed: %w", ctx.Err())
	}
}

// Kill ends the server and every process it started with SIGKILL, as a loss
// of power would, and returns when none is left. The data can be started
// again.
func (s *Server) Kill() {
	s.process.signal(syscall.SIGKILL)
	<-s.process.done
	const patience = 10 * time.Second // a process in the kernel dies late
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		pids := holders(s.home.data)
		if len(pids) == 0 {
			return
		}
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// waitReady polls the server's status, and then proves by a connection that
// it is ours and that the password is right.
func (s *Server) waitReady(ctx context.Context) error {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !isReady(s.home.data, s.process.pid) {
		select {
		case <-s.process.done:
			return fmt.Errorf("PostgreSQL did not start: %s", lastError(s.home.log))
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL did not start in time: %w", ctx.Err())
		case <-tick.C:
		}
	}
	return s.checkPassword(ctx)
}

// lastError is the reason that the server's log ends with.
func lastError(log string) string {
	text, err := os.ReadFile(log)
	if err != nil {
		return err.Error()
	}
	return summarise(string(text)) + " (the whole log is in " + log + ")"
}
