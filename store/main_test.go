package store_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"posthorn/devstack/postgres/pgtest"
	"posthorn/hook"
	"posthorn/keyset"
	"posthorn/store"
)

func TestMain(m *testing.M) {
	code := pgtest.Run(m, store.Migrate)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// bundle is a store on a database of its own, with a tenant.
type bundle struct {
	*store.Store
	url    string
	raw    *pgxpool.Pool // as superuser, beside the store
	tenant hook.ID
}

func setup(t testing.TB) *bundle {
	t.Helper()
	return open(t, pgtest.Database(t), keys(t, newKeyset(t)))
}

func open(t testing.TB, url string, k *keyset.Keyset) *bundle {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: url}, k)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	raw, err := pgxpool.New(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(raw.Close)
	b := &bundle{Store: s, url: url, raw: raw}
	b.tenant = b.addTenant(t)
	return b
}

func newKeyset(t testing.TB) []byte {
	t.Helper()
	data, err := keyset.Generate()
	require.NoError(t, err)
	return data
}

func keys(t testing.TB, data []byte) *keyset.Keyset {
	t.Helper()
	k, err := keyset.Load(string(data))
	require.NoError(t, err)
	return k
}

func (b *bundle) addTenant(t testing.TB) hook.ID {
	t.Helper()
	tenant, err := b.CreateTenant(t.Context(), "tenant")
	require.NoError(t, err)
	return tenant.ID
}

func (b *bundle) exec(t testing.TB, sql string, args ...any) int {
	t.Helper()
	tag, err := b.raw.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
	return int(tag.RowsAffected())
}

// count is the single number that a query answers.
func (b *bundle) count(t testing.TB, sql string, args ...any) (n int) {
	t.Helper()
	require.NoError(t, b.raw.QueryRow(t.Context(), sql, args...).Scan(&n))
	return n
}

func (b *bundle) addEndpoint(t testing.TB, tenant hook.ID) hook.Endpoint {
	t.Helper()
	e, err := b.CreateEndpoint(t.Context(), hook.Endpoint{
		ID: hook.NewID(), TenantID: tenant, Name: "in", Token: hook.NewToken(), Auth: hook.AuthBearer,
		Keys: []hook.Key{{Secret: hook.NewEndpointSecret()}}, Enabled: true, RateLimit: 1, Burst: 1,
		DedupWindow: hook.DefaultDedupWindow, Retention: 24 * time.Hour,
	})
	require.NoError(t, err)
	return e
}

func (b *bundle) addWebhook(t testing.TB, tenant hook.ID, edit ...func(*hook.Webhook)) hook.Webhook {
	t.Helper()
	w := hook.Webhook{
		ID: hook.NewID(), TenantID: tenant, Name: "out", URL: "https://example.com/", Events: []string{"*"}, Active: true,
		Keys: []hook.Key{{Secret: hook.NewWebhookSecret()}}, Headers: map[string]string{"X-A": "b"}, Format: hook.FormatStandard,
		RetryPolicy: []int{1, 5}, DisableAfter: 1000, Timeout: time.Second,
	}
	for _, f := range edit {
		f(&w)
	}
	w, err := b.CreateWebhook(t.Context(), w)
	require.NoError(t, err)
	return w
}

func newMessage(e hook.Endpoint, externalID, body string) *hook.Message {
	return &hook.Message{
		ID: hook.NewID(), TenantID: e.TenantID, EndpointID: e.ID, Raw: []byte(body), SHA256: sha256.Sum256([]byte(body)),
		Payload: hook.Payload{ExternalID: externalID, OccurredAt: time.Now()},
		Request: hook.Request{Method: "POST", Target: "/in", Header: [][2]string{{"A", "b"}}}, Verdict: hook.Verdict{Scheme: "bearer"},
	}
}

// addMessage accepts one message.
func (b *bundle) addMessage(t testing.TB, e hook.Endpoint, externalID string) *hook.Message {
	t.Helper()
	ingest := b.NewIngest()
	defer ingest.Close()
	m := newMessage(e, externalID, "{}")
	_, err := ingest.Accept(t.Context(), m, e.DedupWindow)
	require.NoError(t, err)
	return m
}

// publish publishes an event and returns its deliveries, oldest first.
func (b *bundle) publish(t testing.TB, tenant hook.ID) []hook.Delivery {
	t.Helper()
	e, _, err := b.Publish(t.Context(), hook.Event{
		ID: hook.NewID(), TenantID: tenant, Type: "a.b", Data: []byte(`{}`), OccurredAt: time.Now(),
	})
	require.NoError(t, err)
	return b.deliveriesOf(t, tenant, e.ID)
}

func (b *bundle) deliveriesOf(t testing.TB, tenant, event hook.ID) (list []hook.Delivery) {
	t.Helper()
	views, err := b.Deliveries(t.Context(), tenant, store.DeliveryFilter{EventID: event}, store.Page{Limit: 1000})
	require.NoError(t, err)
	for i := range views {
		list = append(list, views[len(views)-1-i].Delivery)
	}
	return list
}

// fail records a failed attempt of a delivery.
func (b *bundle) fail(t testing.TB, d hook.Delivery, number, generation int) error {
	t.Helper()
	a := hook.Attempt{DeliveryID: d.ID, Number: number, StartedAt: time.Now(), StatusCode: 500, Error: hook.ErrorStatus, Generation: generation}
	_, err := b.RecordAttempt(t.Context(), store.Recording{Delivery: &d, Attempt: &a, Outcome: hook.After(&a, number, []int{60, 60, 60, 60, 60})})
	return err
}

func (b *bundle) succeed(t testing.TB, d hook.Delivery, number, generation int) error {
	t.Helper()
	a := hook.Attempt{DeliveryID: d.ID, Number: number, StartedAt: time.Now(), StatusCode: 200, Generation: generation}
	_, err := b.RecordAttempt(t.Context(), store.Recording{Delivery: &d, Attempt: &a, Outcome: hook.After(&a, number, nil)})
	return err
}
