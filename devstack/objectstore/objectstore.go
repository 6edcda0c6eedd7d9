// Package objectstore runs an S3 object store with versions and Object Lock
// inside this process, for development and for tests. Its objects are files.
//
// Buckets are made by its clients. What is archived in them, and under which
// keys, is not decided here.
package objectstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"

	"posthorn/devstack/port"
)

// DefaultRegion is the region of a store that names no other.
const DefaultRegion = "us-east-1"

// Config says where and how a store runs.
type Config struct {
	Dir       string // absolute, on a file system with extended attributes
	Addr      string // host:port
	AccessKey string
	SecretKey string
	Region    string // empty: DefaultRegion

	Log *slog.Logger // nil: none
}

// Server is a running store.
type Server struct {
	cfg    Config
	cancel context.CancelFunc
	ended  chan struct{} // closed after err is set
	err    error
}

// healthPath answers without credentials. No bucket can have the name.
const healthPath = "/-health"

// Start returns when the store answers. Cancelling ctx stops only the start.
//
// The store works with relative paths, so while it runs the process's working
// directory is the store's: whoever else uses the file system must do so with
// absolute paths. For the same reason a process can run only one.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if !filepath.IsAbs(cfg.Dir) {
		return nil, fmt.Errorf("the object store's directory %q must be an absolute path", cfg.Dir)
	}
	if cfg.AccessKey == "" || cfg.SecretKey == "" {
		return nil, errors.New("the object store needs an access key and a secret key")
	}
	if cfg.Region == "" {
		cfg.Region = DefaultRegion
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if err := port.Check(cfg.Addr); err != nil {
		return nil, fmt.Errorf("the object store cannot start: %w", err)
	}
	workingDir, err := os.Getwd()
	if err != nil { // it has been deleted
		workingDir = "/"
	}
	backend, err := openBackend(cfg)
	if err != nil {
		return nil, err
	}

	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s := &Server{cfg: cfg, cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		s.err = embedgw.RunVersityGW(running, backend, gateway(cfg))
		backend.disk.close()
		s.err = errors.Join(s.err, os.Chdir(workingDir))
	}()
	if err := s.waitReady(ctx); err != nil {
		cancel()
		<-s.ended
		return nil, err
	}
	cfg.Log.Debug("the object store is ready", "endpoint", s.Endpoint(), "dir", cfg.Dir)
	return s, nil
}

// Endpoint is the host:port that clients connect to, without TLS.
func (s *Server) Endpoint() string { return s.cfg.Addr }

// Region is the region that clients sign for.
func (s *Server) Region() string { return s.cfg.Region }

// AccessKey is what clients sign as.
func (s *Server) AccessKey() string { return s.cfg.AccessKey }

// SecretKey is the secret to AccessKey.
func (s *Server) SecretKey() string { return s.cfg.SecretKey }

// Done is closed when the store has ended, for whatever reason.
func (s *Server) Done() <-chan struct{} { return s.ended }

// Stop lets requests end, and the store with them. Connections that clients
// opened ahead of a request keep it waiting until they are 5 s old, unless
// the clients close their idle connections first.
func (s *Server) Stop(ctx context.Context) error {
	s.cancel()
	select {
	case <-s.ended:
		return s.err
	case <-ctx.Done():
		return fmt.Errorf("the object store did not stop in time: %w", ctx.Err())
	}
}

// openBackend lays the store out: objects and their older versions must lie
// beside each other, not within.
func openBackend(cfg Config) (*durable, error) {
	objects, versions := filepath.Join(cfg.Dir, "objects"), filepath.Join(cfg.Dir, "versions")
	for _, dir := range []string{cfg.Dir, objects, versions} {
		if err := os.MkdirAll(dir, 0o700); err != nil { // what is archived is nobody else's to read
			return nil, fmt.Errorf("the object store's directory cannot be made: %w", err)
		}
	}
	if err := (meta.XattrMeta{}).Test(objects); err != nil {
		return nil, fmt.Errorf("the object store keeps retention dates in extended attributes, which the file system of %s does not have: choose a directory on another one", cfg.Dir)
	}
	disk, err := openDisk(cfg.Dir)
	if err != nil {
		return nil, err
	}
	files, err := quietly(func() (*posix.Posix, error) {
		return posix.New(objects, meta.XattrMeta{}, posix.PosixOpts{VersioningDir: versions})
	})
	if err != nil {
		disk.close()
		return nil, fmt.Errorf("the object store cannot use %s: %w", cfg.Dir, err)
	}
	return &durable{Posix: files, disk: disk}, nil
}

// quietly silences an open that announces itself on the standard output. It
// swaps the variable, so nothing else may print at that moment.
func quietly[T any](open func() (T, error)) (T, error) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		var none T
		return none, err
	}
	defer null.Close()
	stdout := os.Stdout
	os.Stdout = null
	defer func() { os.Stdout = stdout }()
	return open()
}

func gateway(cfg Config) *embedgw.Config {
	return &embedgw.Config{
		RootUserAccess: cfg.AccessKey,
		RootUserSecret: cfg.SecretKey,
		Region:         cfg.Region,
		Ports:          []string{cfg.Addr},
		// What the gateway would make by itself, but silently.
		IAMService: auth.NewIAMServiceSingle(auth.Account{
			Access: cfg.AccessKey, Secret: cfg.SecretKey, Role: auth.RoleAdmin,
		}),
		MaxConnections:    4096,
		MaxRequests:       1024,
		MultipartMaxParts: 10000, // S3's own limit
		KeepAlive:         true,
		HealthPath:        healthPath,
		Quiet:             true,
	}
}

func (s *Server) waitReady(ctx context.Context) error {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.cfg.Addr+healthPath, nil)
		if err != nil {
			return err
		}
		req.Close = true
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-s.ended:
			return fmt.Errorf("the object store did not start: %w", s.err)
		case <-ctx.Done():
			return fmt.Errorf("the object store did not start in time: %w", ctx.Err())
		case <-tick.C:
		}
	}
}
