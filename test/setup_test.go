package test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/worker"
	"go.uber.org/goleak"

	"posthorn/devstack"
)

// root is where the module lies. It is found before any server starts: the
// object store takes the working directory for itself.
var root, rootErr = filepath.Abs("..")

// at is the path of a file of this repository.
func at(name string) string { return filepath.Join(root, name) }

// atOnce is how many tests run at the same time: they wait for schedules more
// than they compute.
const atOnce = "8"

func TestMain(m *testing.M) {
	flag.Parse()
	err := errors.Join(rootErr, flag.Set("test.parallel", atOnce))
	code := 1
	if err == nil {
		code = m.Run()
	}
	if err := errors.Join(err, servers.stop(), leaks()); err != nil {
		fmt.Fprintln(os.Stderr, "test:", err)
		code = 1
	}
	os.Exit(code)
}

// servers are started by the first test that needs them, and stopped at the
// end. A test that stops one of them does not run in parallel: then no other
// test is under way.
var servers shared

type shared struct {
	once  sync.Once
	dir   string // where the stack and what is built for the tests lie
	stack *devstack.Stack
	err   error
}

// patience bounds what takes long on a machine that runs all packages at once.
const patience = 2 * time.Minute

// leaks looks for goroutines that are left. The embedded servers leave some of
// their own when they stop: Temporal's internal workers and connections, and
// the clocks of the object store's HTTP library. Ours of the same kind cannot be
// told from them; all others can.
func leaks() error {
	worker.PurgeStickyWorkflowCache() // it holds workflows that were terminated
	var options []goleak.Option
	for _, function := range []string{
		"go.temporal.io/sdk/internal.(*baseWorker).runPoller",
		"go.temporal.io/sdk/internal.(*baseWorker).runTaskDispatcher",
		"go.temporal.io/sdk/internal.(*baseWorker).runEagerTaskDispatcher",
		"go.temporal.io/sdk/internal.(*baseWorker).Start.func2",
		"go.temporal.io/sdk/internal.(*sharedNamespaceWorker).run",
		"google.golang.org/grpc/internal/grpcsync.(*CallbackSerializer).run",
		"google.golang.org/grpc.(*addrConn).resetTransportAndUnlock",
		"github.com/valyala/fasthttp.updateServerDate.func1",
		"github.com/valyala/fasthttp.(*workerPool).Start.func2",
	} {
		options = append(options, goleak.IgnoreAnyFunction(function))
	}
	return goleak.Find(options...)
}

func (s *shared) start(t *testing.T) *devstack.Stack {
	t.Helper()
	s.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		// Not t.TempDir: it outlives the test, and PostgreSQL may run as another
		// user, who must reach it.
		if s.dir, s.err = os.MkdirTemp("", "posthorn-test-"); s.err != nil {
			return
		}
		if s.err = os.Chmod(s.dir, 0o755); s.err != nil {
			return
		}
		s.stack, s.err = devstack.Start(ctx, devstack.Options{
			Dir: filepath.Join(s.dir, "stack"),
			// Nothing here outlives the machine. What a crash of PostgreSQL
			// leaves is tested where it is run.
			PostgresSettings: map[string]string{"fsync": "off", "full_page_writes": "off", "max_connections": "500"},
		})
	})
	if s.err != nil {
		t.Fatalf("the servers did not start: %v", s.err)
	}
	return s.stack
}

func (s *shared) stop() (err error) {
	if s.stack != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		err = s.stack.Stop(ctx)
	}
	if s.dir != "" {
		err = errors.Join(err, os.RemoveAll(s.dir))
	}
	return err
}
