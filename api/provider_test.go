package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAProvidersConfigurationIsMaskedAndChangedInParts(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	g := s.create(t, key, "/api/v1/endpoints", object{
		"name": "x", "provider": "twilio-sms", "public_url": "https://other.example.com/base/",
		"provider_config": object{"auth_token": "first-token", "account_sid": "AC1", "tolerance_seconds": 60},
	})
	path := "/api/v1/endpoints/" + g.str("id")
	data, _ := g.body["data"].(map[string]any)
	require.Equal(t, "provider", data["auth"])
	require.Equal(t, "twilio-sms", data["provider"])
	require.True(t, strings.HasPrefix(g.str("url"), "https://other.example.com/base/webhooks/incoming/twilio-sms/"), g.raw)
	require.Equal(t, map[string]any{"auth_token": "•••", "account_sid": "AC1", "tolerance_seconds": 60.0}, data["provider_config"])
	require.NotContains(t, g.raw, "first-token")

	g = s.call(t, key, "PATCH", path, object{"provider_config": object{"auth_token": "•••", "account_sid": nil, "tolerance_seconds": 90}, "public_url": ""})
	require.Equal(t, 200, g.status, g.raw)
	data, _ = g.body["data"].(map[string]any)
	require.Equal(t, map[string]any{"auth_token": "•••", "tolerance_seconds": 90.0}, data["provider_config"])
	require.Nil(t, data["public_url"])
	require.Equal(t, "twilio-sms", s.call(t, key, "GET", "/api/v1/endpoints?provider=twilio-sms", nil).list()[0]["provider"])
	require.Empty(t, s.call(t, key, "GET", "/api/v1/endpoints?provider=meta", nil).list())
}

func TestABadProviderConfigurationNamesItsFields(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	for name, c := range map[string]struct {
		settings object
		want     []string
	}{
		"no config":        {object{"provider": "plivo"}, []string{"/provider_config"}},
		"no provider":      {object{"provider_config": object{"auth_token": "x"}}, []string{"/provider_config"}},
		"unknown provider": {object{"provider": "nobody", "provider_config": object{}}, []string{"/provider"}},
		"bad fields": {
			object{"provider": "plivo", "provider_config": object{"auth_token": "", "nonsense": 1}, "rate_limit": 5, "allowlist": []string{"x"}},
			[]string{"/provider_config/auth_token", "/provider_config/nonsense", "/allowlist/0"},
		},
		"with auth":      {object{"provider": "plivo", "provider_config": object{"auth_token": "x1"}, "auth": "bearer"}, []string{"/auth"}},
		"with a bad URL": {object{"provider": "plivo", "provider_config": object{"auth_token": "x1"}, "public_url": "ftp://x"}, []string{"/public_url"}},
	} {
		c.settings["name"] = name
		g := s.call(t, key, "POST", "/api/v1/endpoints", c.settings)
		require.Equal(t, 422, g.status, "%s: %s", name, g.raw)
		for _, pointer := range c.want {
			require.Contains(t, g.raw, `"`+pointer+`"`, name)
		}
	}
	f := s.sends(t, key, "plivo", "", object{})
	require.Equal(t, 422, s.call(t, key, "PATCH", "/api/v1/endpoints/"+f.id, object{"provider": "meta"}).status)
	require.Equal(t, 422, s.call(t, key, "POST", "/api/v1/endpoints/"+f.id+"/rotate", object{"overlap": "1h"}).status, "the new secret is the provider's to give")
}

func TestBothConfigurationsAreInForceDuringARotation(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	f := s.sends(t, key, "postmark", "basic-auth", object{})
	old := f
	f.target.Config.Password = "the-new-password"
	g := s.call(t, key, "POST", "/api/v1/endpoints/"+f.id+"/rotate", object{"overlap": "1h", "provider_config": object{"password": f.target.Config.Password}})
	require.Equal(t, 200, g.status, g.raw)
	require.NotContains(t, g.raw, f.target.Config.Password)
	data, _ := g.body["data"].(map[string]any)
	require.NotNil(t, data["former_config_ends"])
	send := func(f sender) int { return s.callback(t, f.make(t, "")).status }
	require.Eventually(t, func() bool { return send(f) == 200 }, patience, 50*time.Millisecond)
	require.Equal(t, 200, send(old))
	g = s.call(t, key, "POST", "/api/v1/endpoints/"+f.id+"/rotate", object{"provider_config": object{"password": "a-third-password"}})
	require.Equal(t, 200, g.status, g.raw)
	require.Eventually(t, func() bool { return send(old) == 401 }, patience, 50*time.Millisecond)
	require.Equal(t, 401, send(f), "without an overlap it ends at once")
}
