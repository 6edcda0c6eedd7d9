// Package dashboard is what people see under /portal/: pages made on the
// server, from templates that are compiled in. It asks the management API for
// everything that the API can tell, with the rights of whoever signed in, so
// that no rule is written twice; what only it needs (users, sessions) it takes
// from the store. Pages work without JavaScript, which adds copying, local
// times and refreshing.
package dashboard

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"posthorn/client"
	"posthorn/dashboard/sso"
	"posthorn/hook"
	"posthorn/store"
)

// Config is what the dashboard needs.
type Config struct {
	Store *store.Store
	// Management is the management API of this process; As gives calls of it a
	// tenant and a role.
	Management     http.Handler
	As             func(_ context.Context, tenant hook.ID, role hook.Role) context.Context
	URL            string        // where it is reached, no slash at its end
	TemporalUIURL  string        // "" for no links
	Retention      time.Duration // of new endpoints; 0: hook.DefaultRetention
	TrustedProxies []netip.Prefix
	Fingerprint    func(value []byte) string
	OIDC           sso.Config                  // its zero value: people sign in with passwords alone
	AckLatency     func() (l Latency, ok bool) // of this process; nil for none
	Log            *slog.Logger
}

// Latency is how long something took: half, and 99 of 100, are faster.
type Latency struct{ Median, Slow time.Duration }

// Prefix opens the path of every page.
const Prefix = "/portal"

type dashboard struct {
	Config
	API     *client.Client // calls Management
	assets  *assets
	pages   *templates
	guides  map[string]*guide   // by the providers' names
	hashing *semaphore.Weighted // Argon2 takes memory: few at a time
	sso     *sso.Provider
	secure  bool
}

// New returns the handler of everything below Prefix. It fails where a template
// is broken.
func New(c Config) (http.Handler, error) {
	if c.AckLatency == nil {
		c.AckLatency = func() (Latency, bool) { return Latency{}, false }
	}
	d := &dashboard{
		Config: c, hashing: semaphore.NewWeighted(hashers), secure: strings.HasPrefix(c.URL, "https://"),
		sso: sso.New(c.OIDC, c.URL+Prefix+"/sign-in/sso/callback"),
	}
	var err error
	if d.API, err = client.New("http://posthorn.invalid", "", client.Handler(c.Management)); err != nil {
		return nil, err
	}
	if d.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	if d.pages, err = loadTemplates(d.assets); err != nil {
		return nil, err
	}
	if d.guides, err = loadGuides(); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for _, rt := range routes() {
		mux.Handle(rt.method+" "+Prefix+rt.path, d.serve(rt))
	}
	mux.Handle("GET "+Prefix+"/assets/", http.StripPrefix(Prefix+"/assets/", d.assets))
	mux.Handle("GET "+Prefix, http.RedirectHandler(Prefix+"/", http.StatusMovedPermanently))
	mux.Handle(Prefix+"/", d.serve(route{roles: everyone, handle: (*request).missing}))
	guard := http.NewCrossOriginProtection()
	if err := guard.AddTrustedOrigin(c.URL); err != nil {
		return nil, err
	}
	guard.SetDenyHandler(d.serve(route{open: true, handle: (*request).foreign}))
	return d.secured(guard.Handler(mux)), nil
}

// maxForm bounds the body of a form, in bytes.
const maxForm = 1 << 20

// policy lets a page load nothing but what this binary serves, and run no
// script but its own.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

func (d *dashboard) secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Cache-Control", "no-store")
		if d.secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		next.ServeHTTP(w, r)
	})
}
