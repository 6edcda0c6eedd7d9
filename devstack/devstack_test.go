package devstack_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/types/known/durationpb"

	"posthorn/devstack"
	"posthorn/devstack/port"
)

// The tests that start a stack run one after the other, because a process can
// run only one object store.

const (
	bucket    = "archive"
	namespace = "posthorn"
	queue     = "test"
)

func options(t *testing.T) devstack.Options {
	t.Helper()
	// Not t.TempDir: PostgreSQL may run as another user, who cannot reach it.
	dir, err := os.MkdirTemp("", "posthorn-devstack-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return devstack.Options{
		Dir:        dir,
		TemporalUI: fmt.Sprintf("127.0.0.1:%d", freePort(t)),
		Progress:   func(s string) { t.Log(s) },
		Log:        slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
}

func start(t *testing.T, opts devstack.Options) *devstack.Stack {
	t.Helper()
	began := time.Now()
	s, err := devstack.Start(t.Context(), opts)
	require.NoError(t, err)
	t.Logf("started in %s", time.Since(began))
	return s
}

func stop(t *testing.T, s *devstack.Stack) {
	t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	require.NoError(t, s.Stop(ctx))
	t.Logf("stopped in %s", time.Since(began))
}

func database(t *testing.T, s *devstack.Stack) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.DatabaseURL())
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func objects(t *testing.T, s *devstack.Stack) *minio.Client {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	c, err := minio.New(s.ObjectStore.Endpoint(), &minio.Options{
		Creds:     credentials.NewStaticV4(s.ObjectStore.AccessKey(), s.ObjectStore.SecretKey(), ""),
		Region:    s.ObjectStore.Region(),
		Transport: transport,
	})
	require.NoError(t, err)
	return c
}

func workflows(t *testing.T, s *devstack.Stack) client.Client {
	t.Helper()
	c, err := client.DialContext(t.Context(), client.Options{
		HostPort: s.Temporal.Addr(), Namespace: namespace, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// populate leaves a trace in every server.
func populate(t *testing.T, s *devstack.Stack) {
	t.Helper()
	_, err := database(t, s).Exec(t.Context(), "CREATE TABLE note AS SELECT 'kept' AS text")
	require.NoError(t, err)

	c := objects(t, s)
	require.NoError(t, c.MakeBucket(t.Context(), bucket, minio.MakeBucketOptions{ObjectLocking: true}))
	_, err = c.PutObject(t.Context(), bucket, "note", strings.NewReader("kept"), 4, minio.PutObjectOptions{})
	require.NoError(t, err)

	namespaces, err := client.NewNamespaceClient(client.Options{HostPort: s.Temporal.Addr(), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer namespaces.Close()
	require.NoError(t, namespaces.Register(t.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace: namespace, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	}))
	begin(t, workflows(t, s), "kept")
}

// begin starts a workflow, as soon as the new namespace is known everywhere.
func begin(t *testing.T, c client.Client, id string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: queue}, echo, id)
		return err == nil
	}, 20*time.Second, 50*time.Millisecond)
}

func echo(_ workflow.Context, text string) (string, error) { return text, nil }

// requirePopulated also lets the workflow, which has waited for a worker since
// it was started, run to its end.
func requirePopulated(t *testing.T, s *devstack.Stack) {
	t.Helper()
	var text string
	require.NoError(t, database(t, s).QueryRow(t.Context(), "SELECT text FROM note").Scan(&text))
	require.Equal(t, "kept", text)

	_, err := objects(t, s).StatObject(t.Context(), bucket, "note", minio.StatObjectOptions{})
	require.NoError(t, err)
	requireEcho(t, s, "kept")
}

func requireEcho(t *testing.T, s *devstack.Stack, id string) {
	t.Helper()
	c := workflows(t, s)
	w := worker.New(c, queue, worker.Options{})
	w.RegisterWorkflow(echo)
	require.NoError(t, w.Start())
	defer w.Stop()
	var result string
	require.NoError(t, c.GetWorkflow(t.Context(), id, "").Get(t.Context(), &result))
	require.Equal(t, id, result)
}

func TestStackKeepsItsDataOverRestarts(t *testing.T) {
	opts := options(t)
	s := start(t, opts)
	addresses := []string{s.DatabaseURL(), s.ObjectStore.Endpoint(), s.Temporal.Addr()}
	populate(t, s)

	res, err := http.Get(s.Temporal.UIURL())
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode)

	_, err = devstack.Start(t.Context(), devstack.Options{Dir: opts.Dir})
	require.ErrorContains(t, err, fmt.Sprintf("a stack is already running in %s (process %d)", opts.Dir, os.Getpid()))
	stop(t, s)

	s = start(t, opts)
	require.Equal(t, []string{s.DatabaseURL(), s.ObjectStore.Endpoint(), s.Temporal.Addr()}, addresses)
	requirePopulated(t, s)
	stop(t, s)
}

func TestServersCanBeStoppedAndStartedOneByOne(t *testing.T) {
	opts := options(t)
	s := start(t, opts)
	defer func() { stop(t, s) }()
	populate(t, s)

	for range 2 {
		require.NoError(t, s.Temporal.Stop(t.Context()))
		require.NoError(t, s.Temporal.Stop(t.Context()), "a second stop does no harm")
		require.NoError(t, port.Check(s.Temporal.Addr()))
		require.NoError(t, s.StartTemporal(t.Context()))
	}
	require.NoError(t, s.ObjectStore.Stop(t.Context()))
	require.NoError(t, s.StartObjectStore(t.Context()))

	// Temporal reconnects to a database that went away.
	s.Postgres.Kill()
	require.NoError(t, s.StartPostgres(t.Context()))
	requirePopulated(t, s)
	begin(t, workflows(t, s), "after")
	requireEcho(t, s, "after")
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))

	for name, c := range map[string]struct {
		change func(*devstack.Options)
		says   []string
	}{
		"directory that cannot be made": {
			func(o *devstack.Options) { o.Dir = filepath.Join(file, "stack") },
			[]string{"cannot be made", "choose one that you may write to"},
		},
		"taken UI port": {
			func(o *devstack.Options) { o.TemporalUI = taken.Addr().String() },
			[]string{"the Temporal Web UI cannot start", "is used by another program", "choose another address"},
		},
		"no PostgreSQL": {
			func(o *devstack.Options) { o.PostgresBinDir = "/nowhere" },
			[]string{"no PostgreSQL 15 or newer was found in /nowhere"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			opts := options(t)
			c.change(&opts)
			_, err := devstack.Start(t.Context(), opts)
			for _, says := range c.says {
				require.ErrorContains(t, err, says)
			}
			require.NotContains(t, err.Error(), "\n")
		})
	}
}
