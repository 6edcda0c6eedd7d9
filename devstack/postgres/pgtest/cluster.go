package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"posthorn/devstack/port"
	"posthorn/devstack/postgres"
)

// cluster is a server and the temporary directory that it lives in.
type cluster struct {
	server *postgres.Server
	dir    string
	lock   *os.File
}

const (
	prefix   = "posthorn-pgtest-"
	lockName = "lock"
)

// start gives the binary's server, which the first caller starts.
func start() (*cluster, error) {
	mu.Lock()
	defer mu.Unlock()
	if !config.running {
		return nil, errors.New("TestMain must call pgtest.Run")
	}
	if current == nil && failed == nil {
		sweep()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		current, failed = newCluster(ctx)
	}
	return current, failed
}

func newCluster(ctx context.Context) (*cluster, error) {
	dir, err := os.MkdirTemp("", prefix)
	if err != nil {
		return nil, err
	}
	c := &cluster{dir: dir}
	if c.lock, err = os.Create(filepath.Join(dir, lockName)); err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(c.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, err
	}
	// The server runs as another user when this process is root.
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, err
	}
	p, err := port.Free()
	if err != nil {
		return nil, err
	}
	c.server, err = postgres.Start(ctx, postgres.Config{
		Dir:      dir,
		Port:     p,
		Password: "pgtest",
		Settings: config.settings,
	})
	if err != nil {
		c.stop()
		return nil, err
	}
	if err := c.migrate(ctx); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// migrate makes the template, which takes no connections from then on: a
// database that has any cannot be copied.
func (c *cluster) migrate(ctx context.Context) error {
	if err := c.server.CreateDatabase(ctx, template); err != nil {
		return err
	}
	if config.migrate != nil {
		if err := config.migrate(ctx, c.server.URL(template)); err != nil {
			return fmt.Errorf("migrating the template database: %w", err)
		}
	}
	if err := c.server.Exec(ctx, "postgres", "ALTER DATABASE "+template+" ALLOW_CONNECTIONS false"); err != nil {
		return err
	}
	return c.server.Exec(ctx, "postgres",
		"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '"+template+"'")
}

// stop throws the server away: nobody will read its data again.
func (c *cluster) stop() {
	if c.server != nil {
		c.server.Kill()
		// The data may have had to go where the server's user can reach them.
		if data := c.server.DataDir(); filepath.Dir(data) != c.dir {
			os.RemoveAll(filepath.Dir(data))
		}
	}
	os.RemoveAll(c.dir)
	c.lock.Close()
}

// sweep removes what test binaries that were killed left behind. A directory
// without a locked lock file is nobody's, unless it is being made just now.
func sweep() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*")) // the pattern is well-formed
	for _, dir := range dirs {
		info, err := os.Stat(dir)
		if err != nil || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		if f, err := os.Open(filepath.Join(dir, lockName)); err == nil {
			err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
			f.Close()
			if err != nil {
				continue
			}
		}
		os.RemoveAll(dir)
	}
}
