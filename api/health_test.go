package api_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/api"
	"posthorn/archive"
	"posthorn/devstack/postgres/pgtest"
)

func TestReadinessTellsWhatAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*api.Config)
		want   object
	}{
		"all": {inArchive(t), object{"status": "ok", "database": "ok", "object_store": "ok", "temporal": "ok"}},
		"no Temporal": {
			func(c *api.Config) { c.CheckTemporal = func(context.Context) error { return errors.New("away") } },
			object{"status": "ok", "database": "ok", "object_store": "away", "temporal": "away"},
		},
		"an object store that hangs": {
			func(c *api.Config) { c.Archive = hanging(t) },
			object{"status": "ok", "database": "ok", "object_store": "away", "temporal": "ok"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, c.change, func(c *api.Config) {
				check := c.CheckTemporal
				c.CheckTemporal = func(ctx context.Context) error { return errors.Join(ctx.Err(), check(ctx)) }
			})
			g := s.call(t, "", "GET", "/readyz", nil)
			require.Equal(t, 200, g.status, g.raw)
			require.Equal(t, c.want, g.data())
		})
	}
}

// hanging is an object store that takes connections and answers nothing.
func hanging(t *testing.T) *archive.Archive {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	a, err := archive.Open(archive.Config{Endpoint: "http://" + listener.Addr().String(), AccessKey: "a", SecretKey: "s", Bucket: "b", Region: "us-east-1"})
	require.NoError(t, err)
	return a
}

func TestAPIIsAliveAndNotReadyBeforeItsDatabaseIsSetUp(t *testing.T) {
	t.Parallel()
	s := start(t, pgtest.Empty(t))
	require.Equal(t, 200, s.call(t, "", "GET", "/healthz", nil).status)
	s.call(t, "", "GET", "/readyz", nil).problem(t, 503)
}
