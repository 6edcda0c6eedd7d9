package dashboard_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"posthorn/api"
	"posthorn/archive"
	"posthorn/client"
	"posthorn/dashboard"
	"posthorn/devstack/objectstore"
	"posthorn/devstack/port"
	"posthorn/devstack/postgres/pgtest"
	"posthorn/egress"
	"posthorn/hook"
	"posthorn/keyset"
	"posthorn/limit"
	"posthorn/store"
)

// scratch is where the object store's objects lie.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "posthorn-dashboard-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := pgtest.Run(m, store.Migrate)
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}

// objects is the one object store of this process.
var objects = sync.OnceValues(func() (*objectstore.Server, error) {
	free, err := port.Free()
	if err != nil {
		return nil, err
	}
	return objectstore.Start(context.Background(), objectstore.Config{
		Dir: scratch, Addr: fmt.Sprintf("127.0.0.1:%d", free), AccessKey: "access", SecretKey: "secret-secret",
	})
})

// bucket is one of the test's own.
func bucket(t testing.TB) *archive.Archive {
	t.Helper()
	server, err := objects()
	require.NoError(t, err)
	a, err := archive.Open(archive.Config{
		Endpoint: "http://" + server.Endpoint(), AccessKey: server.AccessKey(), SecretKey: server.SecretKey(),
		Bucket: "test-" + hook.NewID().String(), Region: server.Region(),
	})
	require.NoError(t, err)
	require.NoError(t, a.Setup(t.Context()))
	return a
}

const password = "correct horse battery staple"

// hashed is the password's hash: making one is slow, on purpose.
var hashed = sync.OnceValue(func() hook.Secret { return dashboard.HashPassword(password) })

// site is API and dashboard on a database of the test's own, over real HTTP.
type site struct {
	url     string
	db      string // the database's URL
	store   *store.Store
	archive *archive.Archive
	api     *client.Client
	tenant  hook.ID
	log     *bytes.Buffer
}

func setup(t testing.TB, options ...func(*dashboard.Config)) *site {
	t.Helper()
	data, err := keyset.Generate()
	require.NoError(t, err)
	keys, err := keyset.Load(string(data))
	require.NoError(t, err)
	s := &site{log: new(bytes.Buffer), db: pgtest.Database(t)}
	s.store, err = store.Open(t.Context(), store.Config{URL: s.db, MaxConns: 6}, keys)
	require.NoError(t, err)
	t.Cleanup(s.store.Close)
	log := slog.New(slog.NewJSONHandler(s.log, nil))
	ingest, refusals, rates := s.store.NewIngest(), s.store.NewRefusals(log), limit.New(s.store)
	t.Cleanup(ingest.Close)
	t.Cleanup(refusals.Close)
	t.Cleanup(rates.Close)
	s.archive = bucket(t)
	guard := egress.New(egress.Config{})
	t.Cleanup(guard.Close)

	server := httptest.NewUnstartedServer(nil)
	s.url = "http://" + server.Listener.Addr().String()
	management, err := api.New(api.Config{
		Store: s.store, Ingest: ingest, Refusals: refusals, Limit: rates, Archive: s.archive, CheckURL: guard.CheckURL, Fingerprint: keys.Fingerprint,
		CheckTemporal: func(context.Context) error { return nil }, URL: s.url, PublicURL: s.url,
		TemporalUIURL: "http://temporal.example.com", Namespace: "posthorn", Log: log,
	})
	require.NoError(t, err)
	s.api, err = client.New(s.url, "", client.Handler(management))
	require.NoError(t, err)
	config := dashboard.Config{
		Store: s.store, Management: management, As: api.As, URL: s.url, TemporalUIURL: "http://temporal.example.com", Fingerprint: keys.Fingerprint, Log: log,
	}
	for _, option := range options {
		option(&config)
	}
	pages, err := dashboard.New(config)
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle("/portal/", pages)
	mux.Handle("/portal", pages)
	mux.Handle("/", management)
	server.Config.Handler = mux
	server.Start()
	t.Cleanup(server.Close)
	s.tenant = s.addTenant(t, "Acme")
	return s
}

func (s *site) addTenant(t testing.TB, name string) hook.ID {
	t.Helper()
	tenant, err := s.store.CreateTenant(t.Context(), name)
	require.NoError(t, err)
	return tenant.ID
}

func (s *site) addUser(t testing.TB, tenant hook.ID, email string, role hook.Role) hook.User {
	t.Helper()
	u, err := s.store.CreateUser(t.Context(), hook.User{TenantID: tenant, Email: email, Name: "Ann Example", Role: role, Password: hashed()})
	require.NoError(t, err)
	return u
}

// as is a context for calls of the API as an admin of the site's tenant.
func (s *site) as(t testing.TB) context.Context {
	t.Helper()
	return api.As(t.Context(), s.tenant, hook.RoleAdmin)
}

// browser keeps cookies and follows nothing by itself.
type browser struct {
	site   *site
	cookie *http.Cookie
	signIn *http.Cookie // of a single sign-on that is under way
}

// signedIn is a browser with a session of a role's.
func (s *site) signedIn(t testing.TB, tenant hook.ID, role hook.Role) *browser {
	t.Helper()
	u := s.addUser(t, tenant, fmt.Sprintf("%s-%s@example.com", role, hook.NewID()), role)
	return s.session(t, hook.Session{TenantID: tenant, UserID: u.ID})
}

func (s *site) session(t testing.TB, of hook.Session) *browser {
	t.Helper()
	token, err := s.store.StartSession(t.Context(), of)
	require.NoError(t, err)
	return &browser{site: s, cookie: &http.Cookie{Name: "posthorn", Value: token.Reveal()}}
}

// got is an answer.
type got struct {
	status int
	header http.Header
	body   string
}

// location is where an answer leads.
func (g got) location() string { return g.header.Get("Location") }

func (b *browser) send(t testing.TB, method, path string, form url.Values, headers ...string) got {
	t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	request, err := http.NewRequestWithContext(t.Context(), method, b.site.url+path, body)
	require.NoError(t, err)
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if method == http.MethodPost {
		request.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	if b.cookie != nil {
		request.AddCookie(b.cookie)
	}
	if b.signIn != nil {
		request.AddCookie(b.signIn)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	for _, c := range response.Cookies() {
		kept := &b.cookie
		if strings.HasSuffix(c.Name, "-sso") {
			kept = &b.signIn
		}
		if *kept = c; c.MaxAge < 0 {
			*kept = nil
		}
	}
	return got{response.StatusCode, response.Header, string(raw)}
}

func (b *browser) get(t testing.TB, path string) got {
	t.Helper()
	return b.send(t, http.MethodGet, path, nil)
}

// post sends a form of names and values.
func (b *browser) post(t testing.TB, path string, pairs ...string) got {
	t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.send(t, http.MethodPost, path, form)
}

// connect opens the site's database.
func (s *site) connect(t testing.TB) *pgx.Conn {
	t.Helper()
	db, err := pgx.Connect(t.Context(), s.db)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close(context.WithoutCancel(t.Context())) })
	return db
}

func (s *site) exec(t testing.TB, sql string) {
	t.Helper()
	_, err := s.connect(t).Exec(t.Context(), sql)
	require.NoError(t, err)
}
