package gateway

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"posthorn/api"
	"posthorn/dashboard"
	"posthorn/dashboard/sso"
	"posthorn/hook"
	"posthorn/store"
)

// withDashboard serves the dashboard below its prefix, and the API beside it.
// The dashboard calls the API within this process.
func (p *parts) withDashboard(management http.Handler) (http.Handler, error) {
	pages, err := dashboard.New(dashboard.Config{
		Store: p.store, Management: management, As: api.As, URL: strings.TrimRight(p.config.URL, "/"),
		TemporalUIURL: strings.TrimRight(p.config.TemporalUIURL, "/"), Retention: p.config.DefaultRetention, TrustedProxies: p.proxies, Fingerprint: p.keys.Fingerprint,
		OIDC: sso.Config{
			Issuer: p.config.OIDCIssuer, ClientID: p.config.OIDCClientID, ClientSecret: hook.Secret(p.config.OIDCClientSecret),
		},
		AckLatency: p.ackLatency, Log: p.log,
	})
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == dashboard.Prefix || strings.HasPrefix(r.URL.Path, dashboard.Prefix+"/") {
			pages.ServeHTTP(w, r)
			return
		}
		management.ServeHTTP(w, r)
	}), nil
}

// ackLatency is how long producers waited for an answer from this process.
func (p *parts) ackLatency() (dashboard.Latency, bool) {
	got := p.metrics.Quantiles("/webhooks/incoming/in/:token", .5, .99)
	if got == nil {
		return dashboard.Latency{}, false
	}
	return dashboard.Latency{Median: got[0], Slow: got[1]}, true
}

// invitationTime is how long an admin's first link is good for.
const invitationTime = 7 * 24 * time.Hour

// InviteAdmin makes a tenant, unless it is there, and a link by which an
// address becomes an admin of it: how the first person comes in. The link is ""
// where the address has an account.
func InviteAdmin(ctx context.Context, c Config, tenant, address string) (link string, err error) {
	email, err := hook.ParseEmail(address)
	if err != nil {
		return "", errors.New(AdminEmailVariable + ": must be an email address")
	}
	if c.URL == "" {
		return "", errors.New("not set: POSTHORN_URL, where the dashboard is reached; the link leads there")
	}
	keys, err := c.keyset()
	if err != nil {
		return "", err
	}
	s, err := store.Open(ctx, store.Config{URL: c.DatabaseURL, MaxConns: 2}, keys)
	if err != nil {
		return "", err
	}
	defer s.Close()
	if _, err := s.UserByEmail(ctx, email); hook.CodeOf(err) != hook.CodeNotFound {
		return "", err
	}
	t, err := s.TenantByName(ctx, tenant)
	if hook.CodeOf(err) == hook.CodeNotFound {
		t, err = s.CreateTenant(ctx, tenant)
	}
	if err != nil {
		return "", err
	}
	i, err := s.Invite(ctx, t.ID, email, hook.RoleAdmin, invitationTime)
	if err != nil {
		return "", err
	}
	sealed, err := s.SealLink(hook.Link{TenantID: t.ID, Invitation: i.ID, ExpiresAt: i.ExpiresAt})
	return strings.TrimRight(c.URL, "/") + dashboard.Prefix + "/link/" + sealed, err
}
