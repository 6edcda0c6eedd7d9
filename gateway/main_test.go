package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/devstack/port"
	"posthorn/devstack/postgres"
	"posthorn/devstack/postgres/pgtest"
	"posthorn/gateway"
	"posthorn/keyset"
	"posthorn/store"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m, store.Migrate)) }

const (
	patience = 15 * time.Second
	rootKey  = "the-root-key-of-these-tests"
)

// config is complete. Nothing answers where it looks for Temporal and the
// object store.
func config(t *testing.T, database string) gateway.Config {
	t.Helper()
	keys, err := keyset.Generate()
	require.NoError(t, err)
	return gateway.Config{
		DatabaseURL: database, Keyset: string(keys), S3Endpoint: "http://127.0.0.1:1", S3AccessKey: "an-access-key",
		S3SecretKey: "the-secret-of-the-store", S3Bucket: "posthorn", S3Region: "us-east-1", TemporalAddress: "127.0.0.1:1",
		TemporalNamespace: "posthorn", RootKey: rootKey,
	}
}

// running is a gateway in this process.
type running struct {
	url  string
	stop func() error // waits until it has ended
	log  *bytes.Buffer
}

type role func(context.Context, gateway.Config, net.Listener, *slog.Logger) error

func run(t *testing.T, as role, c gateway.Config) running {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	r := running{url: "http://" + listener.Addr().String(), log: new(bytes.Buffer)}
	ended := make(chan error, 1)
	go func() { ended <- as(ctx, c, listener, gateway.NewLog(r.log, "debug")) }()
	r.stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(patience):
			return fmt.Errorf("it did not stop within %s", patience)
		}
	})
	t.Cleanup(func() {
		require.NoError(t, r.stop())
		for _, secret := range []string{c.Keyset, c.S3SecretKey, c.RootKey} {
			require.NotContains(t, r.log.String(), secret)
		}
	})
	return r
}

// call makes a request and returns status, headers and the answer's data.
func (r running) call(t *testing.T, method, path, key, body string) (int, http.Header, map[string]any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, r.url+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+key)
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	var answer struct{ Data map[string]any }
	_ = json.Unmarshal(raw, &answer)
	return response.StatusCode, response.Header, answer.Data
}

// ownServer is a PostgreSQL that only this test uses, and may stop.
func ownServer(t *testing.T) (url string, stop, restart func()) {
	t.Helper()
	dir, err := os.MkdirTemp("", "posthorn-gateway-postgres-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755)) // the server runs as another user when this process is root
	p, err := port.Free()
	require.NoError(t, err)
	var server *postgres.Server
	restart = func() {
		server, err = postgres.Start(context.WithoutCancel(t.Context()), postgres.Config{Dir: dir, Port: p, Password: "away"})
		require.NoError(t, err)
	}
	restart()
	t.Cleanup(func() { server.Kill() })
	url = server.URL("postgres")
	require.NoError(t, store.Migrate(t.Context(), url))
	return url, func() { require.NoError(t, server.Stop(context.WithoutCancel(t.Context()))) }, restart
}
