// Package pgtest gives tests databases of their own on a real PostgreSQL.
//
// A test binary that asks for one has a server of its own, started on first
// use in a temporary directory and stopped at the end, so that packages can
// be tested at the same time. The migrations run once; every test's database
// is a copy of the result.
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Run(m, store.Migrate)) }
//
//	func TestInsert(t *testing.T) {
//		t.Parallel()
//		pool, err := pgxpool.New(t.Context(), pgtest.Database(t))
package pgtest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"posthorn/devstack/postgres"
)

// Migrate brings the empty database at url to the schema that tests expect.
type Migrate func(ctx context.Context, url string) error

// The server of this test binary: TestMain and the tests share nothing but
// the process.
var (
	mu     sync.Mutex
	config struct {
		running  bool
		migrate  Migrate
		settings map[string]string
	}
	current *cluster
	failed  error // why there is no server; every test that needs one says it
	counter atomic.Int64
)

// template is the migrated database that the others are copied from.
const template = "template_migrated"

// patience is for a machine that runs all packages at once.
const patience = 2 * time.Minute

// Run runs the tests and returns the code to exit with. The settings
// ("name=value", of postgresql.conf) go before the ones that make a server
// fast and forgetful: a test of what survives a crash wants "fsync=on".
// A nil migrate leaves databases empty.
func Run(m *testing.M, migrate Migrate, settings ...string) int {
	mu.Lock()
	config.running, config.migrate = true, migrate
	config.settings = map[string]string{
		"fsync":            "off",
		"full_page_writes": "off",
		"shared_buffers":   "64MB",
		"max_connections":  "200",
	}
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		config.settings[name] = value
	}
	mu.Unlock()

	defer func() {
		mu.Lock()
		defer mu.Unlock()
		if current != nil {
			current.stop()
		}
	}()
	return m.Run()
}

// Database is the URL, as superuser, of a migrated database that only this
// test uses. It is dropped when the test ends, whatever is connected to it.
func Database(t testing.TB) string {
	t.Helper()
	return database(t, template)
}

// Empty is Database without the migrations.
func Empty(t testing.TB) string {
	t.Helper()
	return database(t, "template1")
}

// Server is the server that the databases are on. Tests that stop or kill
// it take the other tests of the binary with them, and are better off with a
// server that they start themselves.
func Server(t testing.TB) *postgres.Server {
	t.Helper()
	c, err := start()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return c.server
}

func database(t testing.TB, from string) string {
	t.Helper()
	s := Server(t)
	name := fmt.Sprintf("test_%d", counter.Add(1))
	if err := copyDatabase(s, name, from); err != nil {
		t.Fatalf("pgtest: creating a database: %v", err)
	}
	t.Cleanup(func() {
		if err := exec(s, "DROP DATABASE "+quote(name)+" WITH (FORCE)"); err != nil {
			t.Errorf("pgtest: dropping the test's database: %v", err)
		}
	})
	return s.URL(name)
}

func copyDatabase(s *postgres.Server, name, from string) error {
	return exec(s, "CREATE DATABASE "+quote(name)+" TEMPLATE "+quote(from))
}

// exec has a context of its own: a test's is cancelled before its cleanup.
func exec(s *postgres.Server, sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return s.Exec(ctx, "postgres", sql)
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
