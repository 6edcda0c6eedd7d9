package envelope_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"posthorn/envelope"
	"posthorn/hook"
)

// requireAsymmetric checks a v1a signature as Standard Webhooks describes it.
func requireAsymmetric(t *testing.T, a envelope.Attempt, signature string, public ed25519.PublicKey) {
	t.Helper()
	text, ok := strings.CutPrefix(signature, "v1a,")
	require.True(t, ok, signature)
	raw, err := base64.StdEncoding.DecodeString(text)
	require.NoError(t, err)
	header := envelope.Headers(a)
	signed := header.Get("webhook-id") + "." + header.Get("webhook-timestamp") + "." + string(a.Body)
	require.True(t, ed25519.Verify(public, []byte(signed), raw))
	require.False(t, ed25519.Verify(public, []byte(signed+" "), raw))
}

func TestHeadersSignWithAKeyPairAlone(t *testing.T) {
	t.Parallel()
	a := attempt(`{"a":1}`)
	a.Webhook.SigningKeys = keys(hook.NewSigningKey())
	header := envelope.Headers(a)
	require.NotContains(t, header, "X-Webhook-Signature", "there is no secret")
	requireAsymmetric(t, a, header.Get("webhook-signature"), a.Webhook.PublicKeys()[0].Key)
	require.Equal(t, header, envelope.Headers(a), "ed25519 is deterministic")
}

func TestHeadersSignWithSecretAndKeyPairs(t *testing.T) {
	t.Parallel()
	secret := hook.NewWebhookSecret()
	a := attempt(`{"a":1}`, secret)
	a.Webhook.SigningKeys = keys(hook.NewSigningKey(), hook.NewSigningKey(), hook.NewSigningKey())
	a.Webhook.SigningKeys[1].ExpiresAt = now.Add(time.Hour)
	a.Webhook.SigningKeys[2].ExpiresAt = now // no longer
	header := envelope.Headers(a)
	signatures := strings.Fields(header.Get("webhook-signature"))
	require.Len(t, signatures, 3)
	public := a.Webhook.PublicKeys()
	requireAsymmetric(t, a, signatures[1], public[0].Key)
	requireAsymmetric(t, a, signatures[2], public[1].Key)
	receiver, err := standardwebhooks.NewWebhook(secret.Reveal())
	require.NoError(t, err)
	require.NoError(t, receiver.VerifyIgnoringTimestamp(a.Body, header), "who knows v1 only finds it")
	require.Equal(t, strings.Join(signatures, " "), header.Get("webhook-signature"))
}
