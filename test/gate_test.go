package test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/stretchr/testify/require"
	temporal "go.temporal.io/sdk/client"

	"posthorn/client"
	"posthorn/devstack"
	"posthorn/gateway"
	"posthorn/keyset"
)

// gate is a gateway of one test's own: its database, its bucket and its
// Temporal namespace are nobody else's.
type gate struct {
	config   gateway.Config
	root     *client.Client // with the root key
	tenant   client.Tenant
	client   *client.Client // with an admin's key of the tenant
	objects  *minio.Client
	temporal temporal.Client
	log      *log
	stop     func() // lets it end; it is done at the test's end if not before
}

// start runs a gateway in this process.
func start(t *testing.T, change ...func(*gateway.Config)) *gate {
	t.Helper()
	return startWith(t, nil, change...)
}

func startWith(t *testing.T, options []gateway.Option, change ...func(*gateway.Config)) *gate {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	g := prepare(t, listener.Addr().String(), change...)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	go func() { served <- gateway.Serve(ctx, g.config, listener, gateway.NewLog(g.log, "debug"), options...) }()
	g.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-served:
			require.NoError(t, err)
		case <-time.After(10 * time.Second):
			require.Fail(t, "the gateway did not stop within 10 s")
		}
	})
	t.Cleanup(g.stop)
	g.enter(t)
	return g
}

// prepare sets everything up for a gateway at an address, and runs none.
func prepare(t *testing.T, address string, change ...func(*gateway.Config)) *gate {
	t.Helper()
	stack := servers.start(t)
	keys, err := keyset.Generate()
	require.NoError(t, err)
	name := "t" + strings.ToLower(rand.Text())[:12]
	require.NoError(t, stack.Postgres.CreateDatabase(t.Context(), name))
	g := &gate{log: &log{}, config: gateway.Config{
		DatabaseURL: stack.Postgres.URL(name), Keyset: string(keys),
		S3Endpoint: "http://" + stack.ObjectStore.Endpoint(), S3AccessKey: stack.ObjectStore.AccessKey(),
		S3SecretKey: stack.ObjectStore.SecretKey(), S3Bucket: name, S3Region: stack.ObjectStore.Region(),
		TemporalAddress: stack.Temporal.Addr(), TemporalNamespace: name,
		URL: "http://" + address, RootKey: "root-" + rand.Text(), EgressAllow: []string{"127.0.0.0/8"},
		DefaultRetention: 24 * time.Hour, MaxAttachment: 100 << 20, SweepAfter: 2 * time.Minute, LogLevel: "debug",
	}}
	for _, c := range change {
		c(&g.config)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(g.log.String())
		}
	})
	require.NoError(t, gateway.Setup(t.Context(), g.config, gateway.NewLog(g.log, "debug")))
	g.connect(t, stack)
	return g
}

// connect opens what looks behind the gateway.
func (g *gate) connect(t *testing.T, stack *devstack.Stack) {
	t.Helper()
	// The store's stop waits for connections that are kept open.
	transport := &http.Transport{DisableKeepAlives: true}
	var err error
	g.objects, err = minio.New(stack.ObjectStore.Endpoint(), &minio.Options{
		Creds: credentials.NewStaticV4(g.config.S3AccessKey, g.config.S3SecretKey, ""), Region: g.config.S3Region, Transport: transport,
	})
	require.NoError(t, err)
	g.temporal, err = temporal.NewLazyClient(temporal.Options{
		HostPort: g.config.TemporalAddress, Namespace: g.config.TemporalNamespace, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(g.temporal.Close)
}

// enter waits for the API and makes a tenant.
func (g *gate) enter(t *testing.T) {
	t.Helper()
	var err error
	g.root, err = client.New(g.config.URL, g.config.RootKey, client.HTTPClient(connection(t)))
	require.NoError(t, err)
	await(t, func() (client.Readiness, error) { return g.root.Ready(t.Context()) },
		func(client.Readiness) bool { return true }, "the API is ready")
	g.tenant, err = g.root.CreateTenant(t.Context(), t.Name())
	require.NoError(t, err)
	g.client, err = client.New(g.config.URL, g.tenant.Key, client.HTTPClient(connection(t)))
	require.NoError(t, err)
}

// connection is an HTTP client that leaves nothing open after the test.
func connection(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// await asks until the answer is the one that is waited for. The gateway may
// be away for a while, or stand at its start.
func await[T any](t *testing.T, ask func() (T, error), done func(T) bool, what string) T {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	end := time.After(90 * time.Second)
	for {
		answer, err := ask()
		if err == nil && done(answer) {
			return answer
		}
		select {
		case <-tick.C:
		case <-end:
			require.FailNow(t, "waited in vain", "%s: %+v, %v", what, answer, err)
		}
	}
}

func (g *gate) archived(t *testing.T, id string) client.Message {
	t.Helper()
	return await(t, func() (client.Message, error) { return g.client.Message(t.Context(), id) },
		func(m client.Message) bool { return m.Status == client.MessageArchived }, "the message is archived")
}

// delivery waits for the first delivery of a webhook to be as is wanted.
func (g *gate) delivery(t *testing.T, webhook string, wanted func(client.Delivery) bool, what string) client.Delivery {
	t.Helper()
	return await(t, func() (client.Delivery, error) {
		for d, err := range g.client.Deliveries(t.Context(), client.DeliveryFilter{WebhookID: webhook}) {
			return d, err
		}
		return client.Delivery{}, errors.New("there is none yet")
	}, wanted, what)
}

func hasStatus(status string) func(client.Delivery) bool {
	return func(d client.Delivery) bool { return d.Status == status }
}

func hasAttempts(n int) func(client.Delivery) bool {
	return func(d client.Delivery) bool { return len(d.Attempts) >= n }
}

// log keeps what a gateway logs.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// collect reads a list to its end.
func collect[T any](t *testing.T, list iter.Seq2[T, error]) []T {
	t.Helper()
	var all []T
	for thing, err := range list {
		require.NoError(t, err)
		all = append(all, thing)
	}
	return all
}
