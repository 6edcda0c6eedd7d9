package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"posthorn/devstack/port"
	"posthorn/devstack/postgres"
)

func configure(t *testing.T) postgres.Config {
	t.Helper()
	p, err := port.Free()
	require.NoError(t, err)
	return postgres.Config{
		Dir:      reachable(t),
		Port:     p,
		Password: "it's a \"secret\"/?#",
		Settings: map[string]string{"fsync": "off"},
		Notice:   func(s string) { t.Log(s) },
	}
}

// reachable is a temporary directory for any user: those of the testing
// package are closed to all but their maker.
func reachable(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "posthorn-postgres-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

func start(t *testing.T, cfg postgres.Config) *postgres.Server {
	t.Helper()
	s, err := postgres.Start(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(s.Kill)
	return s
}

func query[T any](t *testing.T, url, sql string) T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	var v T
	require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&v))
	return v
}

func TestServerKeepsItsDataOverRestarts(t *testing.T) {
	t.Parallel()
	cfg := configure(t)
	s := start(t, cfg)
	for range 2 {
		require.NoError(t, s.CreateDatabase(t.Context(), "Posthorn's"))
	}
	require.NoError(t, s.Exec(t.Context(), "Posthorn's", "CREATE TABLE note AS SELECT 'ÄÖÜ' AS text"))
	require.NoError(t, s.Stop(t.Context()))
	<-s.Done()

	s = start(t, cfg)
	require.Equal(t, "äöü", query[string](t, s.URL("Posthorn's"), "SELECT lower(text) FROM note"))
	require.Equal(t, postgres.User, query[string](t, s.URL("postgres"), "SELECT current_user::text"))
	require.True(t, query[bool](t, s.URL("postgres"), "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))
	require.Equal(t, "off", query[string](t, s.URL("postgres"), "SHOW fsync"))
	require.Equal(t, "127.0.0.1", query[string](t, s.URL("postgres"), "SHOW listen_addresses"))
}

func TestServerIsDurableUnlessTold(t *testing.T) {
	t.Parallel()
	cfg := configure(t)
	cfg.Settings = nil
	s := start(t, cfg)
	require.Equal(t, "on", query[string](t, s.URL("postgres"), "SHOW fsync"))
}

func TestKilledServerStartsAgain(t *testing.T) {
	t.Parallel()
	cfg := configure(t)
	s := start(t, cfg)
	require.NoError(t, s.Exec(t.Context(), "postgres", "CREATE TABLE note AS SELECT 1 AS n"))
	s.Kill()
	<-s.Done()
	s.Kill() // again, harmlessly
	require.FileExists(t, filepath.Join(s.DataDir(), "postmaster.pid"))

	s = start(t, cfg)
	require.Equal(t, 1, query[int](t, s.URL("postgres"), "SELECT n FROM note"))
}

// The id of a killed server is given to another process sooner or later, at
// the latest when a container is made anew.
func TestStalePIDFileOfReusedPIDIsRemoved(t *testing.T) {
	t.Parallel()
	cfg := configure(t)
	s := start(t, cfg)
	s.Kill()
	stale := filepath.Join(s.DataDir(), "postmaster.pid")
	require.NoError(t, os.WriteFile(stale, []byte(strconv.Itoa(os.Getpid())+"\n"+s.DataDir()+"\n"), 0o600))
	start(t, cfg)
}

func TestRunningServerKeepsItsDirectory(t *testing.T) {
	t.Parallel()
	cfg := configure(t)
	s := start(t, cfg)
	second := cfg
	second.Port++
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	_, err := postgres.Start(ctx, second)
	require.ErrorContains(t, err, "is already running on "+s.DataDir())
	require.Equal(t, 1, query[int](t, s.URL("postgres"), "SELECT 1"))
}

func TestStopThatTakesTooLongKills(t *testing.T) {
	t.Parallel()
	s := start(t, configure(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Stop(ctx); err != nil {
		require.ErrorIs(t, err, context.Canceled)
	}
	<-s.Done()
}

func TestCancelledStartLeavesNothing(t *testing.T) {
	t.Parallel()
	cfg := configure(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := postgres.Start(ctx, cfg)
	require.ErrorIs(t, err, context.Canceled)
	start(t, cfg)
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { taken.Close() })
	foreign := reachable(t)
	require.NoError(t, os.Mkdir(filepath.Join(foreign, "data"), 0o700))
	require.NoError(t, os.Chown(filepath.Join(foreign, "data"), max(os.Geteuid(), 1), -1))

	for name, c := range map[string]struct {
		change func(*postgres.Config)
		says   string
	}{
		"relative directory": {func(c *postgres.Config) { c.Dir = "data" }, "must be an absolute path"},
		"no password":        {func(c *postgres.Config) { c.Password = "" }, "needs a password"},
		"not ours":           {func(c *postgres.Config) { c.Dir = foreign }, "holds no PostgreSQL data"},
		"no binaries":        {func(c *postgres.Config) { c.BinDir = "/nowhere" }, "was found in /nowhere"},
		"unknown setting":    {func(c *postgres.Config) { c.Settings = map[string]string{"colour": "red"} }, "colour"},
		"taken port": {func(c *postgres.Config) { c.Port = taken.Addr().(*net.TCPAddr).Port },
			fmt.Sprintf("%s is used by another program", taken.Addr())},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := configure(t)
			c.change(&cfg)
			_, err := postgres.Start(t.Context(), cfg)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestOtherPasswordIsRefused(t *testing.T) {
	t.Parallel()
	cfg := configure(t)
	require.NoError(t, start(t, cfg).Stop(t.Context()))
	cfg.Password = "another"
	_, err := postgres.Start(t.Context(), cfg)
	require.ErrorContains(t, err, "were made with another password")
}

// Below a home directory that is closed to others, the unprivileged user that
// the server runs as instead of root cannot reach the data.
func TestUnreachableDirectory(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root runs the server as another user")
	}
	closed := reachable(t)
	require.NoError(t, os.Chmod(closed, 0o700))
	cfg := configure(t)
	cfg.Dir = filepath.Join(closed, "stack")
	var notices []string
	cfg.Notice = func(s string) { notices = append(notices, s) }

	s := start(t, cfg)
	elsewhere := filepath.Dir(s.DataDir())
	t.Cleanup(func() { require.NoError(t, errors.Join(os.RemoveAll(elsewhere), os.RemoveAll(elsewhere+".old"))) })
	require.Equal(t, "/var/lib/posthorn", filepath.Dir(elsewhere))
	require.Len(t, notices, 1)
	require.Contains(t, notices[0], "its data are in "+elsewhere)
	require.NoError(t, s.Exec(t.Context(), "postgres", "CREATE TABLE note AS SELECT 1 AS n"))
	require.NoError(t, s.Stop(t.Context()))

	s = start(t, cfg)
	require.Equal(t, 1, query[int](t, s.URL("postgres"), "SELECT n FROM note"))
	require.Len(t, notices, 1, "it is said once")
	s.Kill()

	// Who removes the directory starts afresh.
	require.NoError(t, os.RemoveAll(cfg.Dir))
	cfg.Password = "another"
	s = start(t, cfg)
	require.Equal(t, 0, query[int](t, s.URL("postgres"), "SELECT count(*) FROM pg_tables WHERE tablename = 'note'"))
}
