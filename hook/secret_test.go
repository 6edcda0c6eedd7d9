package hook_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	const value = "hunter2-hunter2-hunter2"
	secret := hook.Secret(value)
	webhook := hook.Webhook{Keys: []hook.Key{{Secret: secret}}}
	var printed bytes.Buffer
	for _, v := range []any{
		secret, &secret, webhook, &webhook, webhook.Keys, map[string]hook.Secret{"x": secret}, []any{secret},
		hook.Endpoint{Keys: webhook.Keys}, struct{ S *hook.Secret }{&secret},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%10.3s"} {
			fmt.Fprintf(&printed, verb, v)
		}
		fmt.Fprintln(&printed, v, fmt.Errorf("failed: %v", v))
		for _, handler := range []slog.Handler{slog.NewTextHandler(&printed, nil), slog.NewJSONHandler(&printed, nil)} {
			slog.New(handler).Info("x", "secret", v, slog.Group("g", "s", v))
		}
		out, err := json.Marshal(v)
		require.NoError(t, err)
		printed.Write(out)
	}
	for _, part := range []string{"hunter2", fmt.Sprintf("%x", "hunter2"), fmt.Sprintf("%X", "hunter2")} {
		require.False(t, bytes.Contains(printed.Bytes(), []byte(part)), "what was printed holds the secret")
	}
	require.Positive(t, bytes.Count(printed.Bytes(), []byte("•••")))
	require.Equal(t, value, secret.Reveal())
}

func TestOnlySecretsInForceAreActive(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	keys := []hook.Key{{Secret: "new"}, {Secret: "old", ExpiresAt: now.Add(time.Second)}, {Secret: "gone", ExpiresAt: now}}
	require.Equal(t, []hook.Secret{"new", "old"}, hook.Active(keys, now))
	require.Equal(t, []hook.Secret{"new"}, hook.Active(keys, now.Add(time.Second)))
	require.Empty(t, hook.Active(nil, now))
}

func TestGeneratedSecretsHaveTheirFormAndNeverRepeat(t *testing.T) {
	t.Parallel()
	encoded, ok := strings.CutPrefix(hook.NewWebhookSecret().Reveal(), "whsec_")
	require.True(t, ok)
	raw, err := base64.StdEncoding.DecodeString(encoded)
	require.NoError(t, err)
	require.Len(t, raw, 32)

	token, err := base64.RawURLEncoding.DecodeString(hook.NewToken())
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(token)*8, 128)

	seen := map[string]bool{}
	for range 1000 {
		for _, s := range []string{
			hook.NewWebhookSecret().Reveal(), hook.NewEndpointSecret().Reveal(), hook.NewAPIKey().Reveal(), hook.NewToken(),
		} {
			require.False(t, seen[s])
			seen[s] = true
		}
	}
}
