package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/api"
	"posthorn/archive"
	"posthorn/devstack/objectstore"
	"posthorn/devstack/port"
	"posthorn/devstack/postgres/pgtest"
	"posthorn/egress"
	"posthorn/hook"
	"posthorn/keyset"
	"posthorn/limit"
	"posthorn/metrics"
	"posthorn/store"
)

const rootKey = "the-root-key-of-these-tests"

// scratch is where the object store's objects lie.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "posthorn-api-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := pgtest.Run(m, store.Migrate)
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}

// objects is the one object store of this process.
var objects = sync.OnceValues(func() (server *objectstore.Server, err error) {
	for range 3 { // whoever starts at the same time may take a port that was free
		var p int
		if p, err = port.Free(); err != nil {
			return nil, err
		}
		server, err = objectstore.Start(context.Background(), objectstore.Config{
			Dir: scratch, Addr: fmt.Sprintf("127.0.0.1:%d", p), AccessKey: "access", SecretKey: "secret-secret",
		})
		if err == nil {
			return server, nil
		}
	}
	return nil, err
})

// service is the API on a database of the test's own, over real HTTP.
type service struct {
	url    string
	store  *store.Store
	config api.Config
	log    *bytes.Buffer
	twin   func() *service // another replica over the same database

	mu    sync.Mutex
	shown map[string]bool // secrets that an answer has shown: none may be shown again
}

// setup starts the API. Its object store is away, unless change says otherwise.
func setup(t testing.TB, change ...func(*api.Config)) *service {
	t.Helper()
	return start(t, pgtest.Database(t), change...)
}

func start(t testing.TB, database string, change ...func(*api.Config)) *service {
	t.Helper()
	data, err := keyset.Generate()
	require.NoError(t, err)
	keys, err := keyset.Load(string(data))
	require.NoError(t, err)
	return replica(t, database, keys, change...)
}

func replica(t testing.TB, database string, keys *keyset.Keyset, change ...func(*api.Config)) *service {
	t.Helper()
	instruments := metrics.New()
	opened, err := store.Open(t.Context(), store.Config{URL: database, MaxConns: 6, Metrics: instruments}, keys)
	require.NoError(t, err)
	t.Cleanup(opened.Close)
	ingest := opened.NewIngest()
	t.Cleanup(ingest.Close)
	log := new(bytes.Buffer)
	logger := slog.New(slog.NewJSONHandler(log, nil))
	refusals := opened.NewRefusals(logger)
	t.Cleanup(refusals.Close)
	rates := limit.New(opened)
	t.Cleanup(rates.Close)
	away, err := archive.Open(archive.Config{Endpoint: "http://127.0.0.1:1", AccessKey: "a", SecretKey: "s", Bucket: "away"})
	require.NoError(t, err)
	guard := egress.New(egress.Config{})
	t.Cleanup(guard.Close)

	s := &service{
		store: opened, log: log, shown: map[string]bool{}, twin: func() *service { return replica(t, database, keys, change...) },
	}
	s.config = api.Config{
		Store: opened, Ingest: ingest, Refusals: refusals, Metrics: instruments, Limit: rates, Archive: away, CheckURL: guard.CheckURL, Fingerprint: keys.Fingerprint,
		CheckTemporal: func(context.Context) error { return nil },
		RootKey:       rootKey, URL: "https://app.example.com", PublicURL: "https://hooks.example.com", Log: logger, Version: "1.2.3",
	}
	for _, c := range change {
		c(&s.config)
	}
	handler, err := api.New(s.config)
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(handler)
	server.Config = api.NewServer(handler, logger)
	server.Start()
	s.url = server.URL
	t.Cleanup(func() {
		server.Close()
		for secret := range s.shown {
			require.NotContains(t, s.log.String(), secret, "a secret is logged")
		}
		require.NotContains(t, s.log.String(), rootKey)
	})
	return s
}

// inArchive gives the API a bucket of the real object store.
func inArchive(t testing.TB) func(*api.Config) {
	t.Helper()
	server, err := objects()
	require.NoError(t, err)
	bucket, err := archive.Open(archive.Config{
		Endpoint: "http://" + server.Endpoint(), AccessKey: server.AccessKey(), SecretKey: server.SecretKey(),
		Bucket: "test-" + hook.NewID().String(), Region: server.Region(),
	})
	require.NoError(t, err)
	require.NoError(t, bucket.Setup(t.Context()))
	return func(c *api.Config) { c.Archive = bucket }
}

// send makes a request; headers are pairs of name and value.
func (s *service) send(t testing.TB, method, path string, body io.Reader, headers ...string) got {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, body)
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	g := got{status: response.StatusCode, header: response.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &g.body)
	s.remember(t, g)
	return g
}

// remember holds every answer to the rule that a secret is shown once.
func (s *service) remember(t testing.TB, g got) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for secret := range s.shown {
		require.NotContains(t, g.raw, secret, "a secret is shown a second time")
	}
	for _, name := range []string{"secret", "key"} {
		if secret := g.str(name); secret != "" {
			s.shown[secret] = true
		}
	}
}

// call makes a request of the management API. The body is a string as it is,
// or something to marshal, or nil.
func (s *service) call(t testing.TB, key, method, path string, body any) got {
	t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		require.NoError(t, err)
		reader = bytes.NewReader(raw)
	}
	headers := []string{"Content-Type", "application/json"}
	if key != "" {
		headers = append(headers, "Authorization", "Bearer "+key)
	}
	return s.send(t, method, path, reader, headers...)
}

// tenant makes a tenant and returns its id and its admin's key.
func (s *service) tenant(t testing.TB) (id, key string) {
	t.Helper()
	g := s.call(t, rootKey, "POST", "/api/v1/tenants", object{"name": "a tenant"})
	require.Equal(t, http.StatusCreated, g.status, g.raw)
	return g.str("id"), g.str("key")
}

// create posts something that must be created.
func (s *service) create(t testing.TB, key, path string, body any) got {
	t.Helper()
	g := s.call(t, key, "POST", path, body)
	require.Equal(t, http.StatusCreated, g.status, g.raw)
	require.Equal(t, true, g.body["success"])
	return g
}

// endpoint is an inbound endpoint, as its producer knows it.
type endpoint struct{ id, path, secret string }

func (s *service) endpoint(t testing.TB, key string, settings object) endpoint {
	t.Helper()
	if settings["name"] == nil {
		settings["name"] = "an endpoint"
	}
	g := s.create(t, key, "/api/v1/endpoints", settings)
	path, ok := strings.CutPrefix(g.str("url"), "https://hooks.example.com")
	require.True(t, ok)
	return endpoint{id: g.str("id"), path: path, secret: g.str("secret")}
}

// deliver sends a message as a producer with the bearer secret does.
func (s *service) deliver(t testing.TB, e endpoint, body string) got {
	t.Helper()
	return s.send(t, "POST", e.path, strings.NewReader(body), "Authorization", "Bearer "+e.secret)
}

// message is a valid message.
func message(externalID string) string {
	return fmt.Sprintf(`{"external_id":%q,"occurred_at":"2026-05-28T14:30:00Z","from":"+1555","to":["+1666"],"body":"hello","attachments":[]}`, externalID)
}

const patience = 10 * time.Second
