package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func TestPortalLinksOpenOneTenantForATime(t *testing.T) {
	t.Parallel()
	s := setup(t)
	tenant, key := s.tenant(t)
	g := s.create(t, key, "/api/v1/portal-links", object{
		"role": "auditor", "expires_in": "90s", "path": "/portal/webhooks", "frame_ancestors": []string{"https://App.example.com", "http://localhost:3000"},
	})
	require.Contains(t, g.raw, `"frame_ancestors":["https://app.example.com","http://localhost:3000"]`)
	sealed, ok := strings.CutPrefix(g.str("url"), "https://app.example.com/portal/link/")
	require.True(t, ok, g.raw)
	link, err := s.store.OpenLink(sealed)
	require.NoError(t, err)
	require.Equal(t, tenant, link.TenantID.String())
	require.Equal(t, hook.RoleAuditor, link.Role)
	require.Equal(t, "/portal/webhooks", link.Path)
	require.Equal(t, []string{"https://app.example.com", "http://localhost:3000"}, link.Frames)
	require.WithinDuration(t, time.Now().Add(90*time.Second), link.ExpiresAt, 5*time.Second)

	for _, altered := range []string{"", "x", sealed + "A", "A" + sealed, sealed[:len(sealed)-2], strings.ToLower(sealed)} {
		_, err := s.store.OpenLink(altered)
		require.Equal(t, hook.CodeNotFound, hook.CodeOf(err), altered)
	}
	expired, err := s.store.SealLink(hook.Link{TenantID: link.TenantID, Role: link.Role, ExpiresAt: time.Now().Add(-time.Second)})
	require.NoError(t, err)
	_, err = s.store.OpenLink(expired)
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(err))
}

func TestPortalLinksThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	for pointer, body := range map[string]object{
		"/role": {"role": "admin"}, "/expires_in": {"expires_in": "721h"}, "/path": {"path": "https://evil.example/portal/"},
		"/frame_ancestors/1": {"frame_ancestors": []string{"https://a.example", "https://*.example"}}, "/frame_ancestors": {"frame_ancestors": make([]string, 11)},
	} {
		g := s.call(t, key, "POST", "/api/v1/portal-links", body)
		g.problem(t, 422)
		require.Contains(t, g.raw, pointer)
	}
}
