package envelope_test

import (
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/envelope"
	"posthorn/hook"
)

func attempt(body string, secrets ...hook.Secret) envelope.Attempt {
	return envelope.Attempt{
		Event: event("ticket.created", `{}`), Webhook: &hook.Webhook{Keys: keys(secrets...)},
		DeliveryID: deliveryID, Body: []byte(body), At: now, Version: "1.2.3",
	}
}

func TestHeadersOfEveryDelivery(t *testing.T) {
	t.Parallel()
	require.Equal(t, http.Header{
		"Content-Type":       {"application/json"},
		"User-Agent":         {"Posthorn/1.2.3"},
		"X-Webhook-Event":    {"ticket.created"},
		"X-Webhook-Delivery": {deliveryID.String()},
		"Webhook-Id":         {eventID.String()},
		"Webhook-Timestamp":  {"1779978600"},
	}, envelope.Headers(attempt("{}")))
	a := attempt("{}")
	a.Event.PublicID = "evt_1"
	require.Equal(t, "evt_1", envelope.Headers(a).Get("webhook-id"))
}

// The vector of the Standard Webhooks libraries.
func TestHeadersSignAsStandardWebhooks(t *testing.T) {
	t.Parallel()
	a := attempt(`{"test": 2432232314}`, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	a.Event.PublicID, a.At = "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 999)
	require.Equal(t, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", envelope.Headers(a).Get("webhook-signature"))
}

// RFC 4231, test case 2.
func TestHeadersSignTheBodyWithTheWholeSecret(t *testing.T) {
	t.Parallel()
	header := envelope.Headers(attempt("what do ya want for nothing?", "Jefe"))
	require.Equal(t, "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", header.Get("X-Webhook-Signature"))
}

func TestStandardWebhooksVerifiesEverySecretInForce(t *testing.T) {
	t.Parallel()
	notBase64 := hook.Secret("whsec_this is not base64")
	plain := hook.Secret("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") // base64 by chance, without the prefix
	generated := hook.NewWebhookSecret()
	a := attempt(`{"a":1}`, generated, notBase64, plain)
	header := envelope.Headers(a)
	require.Len(t, strings.Fields(header.Get("webhook-signature")), 3)
	one, err := standardwebhooks.NewWebhook(generated.Reveal())
	require.NoError(t, err)
	require.NoError(t, one.VerifyIgnoringTimestamp(a.Body, header))
	for _, raw := range []hook.Secret{notBase64, plain} {
		one, err = standardwebhooks.NewWebhookRaw([]byte(raw.Reveal()))
		require.NoError(t, err)
		require.NoError(t, one.VerifyIgnoringTimestamp(a.Body, header))
	}
	other, err := standardwebhooks.NewWebhook(hook.NewWebhookSecret().Reveal())
	require.NoError(t, err)
	require.Error(t, other.VerifyIgnoringTimestamp(a.Body, header))
}

func TestHeadersOfARotation(t *testing.T) {
	t.Parallel()
	a := attempt("{}", "the newer secret", "the older secret", "the oldest secret")
	a.Webhook.Keys[1].ExpiresAt = now.Add(time.Hour)
	a.Webhook.Keys[2].ExpiresAt = now // no longer
	during := envelope.Headers(a)
	require.Len(t, strings.Fields(during.Get("webhook-signature")), 2)
	a.At = now.Add(time.Hour)
	after := envelope.Headers(a)
	require.Len(t, strings.Fields(after.Get("webhook-signature")), 1)
	require.Equal(t, during.Get("X-Webhook-Signature"), after.Get("X-Webhook-Signature"), "the newest secret's")
}

func TestHeadersSignNothingWithAnEmptySecret(t *testing.T) {
	t.Parallel()
	header := envelope.Headers(attempt("{}", ""))
	require.NotContains(t, header, "X-Webhook-Signature")
	require.NotContains(t, header, "Webhook-Signature")
	require.Contains(t, header, "Webhook-Id")
	require.Contains(t, header, "Webhook-Timestamp")
	// The base64 of nothing is no key either.
	require.Contains(t, envelope.Headers(attempt("{}", "whsec_")), "Webhook-Signature")
}

func TestCustomHeadersOverrideNothing(t *testing.T) {
	t.Parallel()
	ours := envelope.Headers(attempt("{}", "a secret of some length"))
	a := attempt("{}", "a secret of some length")
	a.Webhook.Headers = map[string]string{"x-tenant": "seven", "Idempotency-Key": "k"}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(ours)), []string{
		"host", "Content-length", "TRANSFER-ENCODING", "connection", "x-sendcomms-signature", "commenda-x-secret",
	}) {
		a.Webhook.Headers[strings.ToLower(name)] = "forged"
		a.Webhook.Headers[strings.ToUpper(name)] = "forged"
	}
	want := ours.Clone()
	want.Set("X-Tenant", "seven")
	want.Set("Idempotency-Key", "k")
	require.Equal(t, want, envelope.Headers(a))
	// Where nothing is signed, nothing looks like a signature.
	a.Webhook.Keys = nil
	require.NotContains(t, envelope.Headers(a), "X-Webhook-Signature")
}

func TestHeaderValuesDoNotShareRoom(t *testing.T) {
	t.Parallel()
	header := envelope.Headers(attempt("{}", "a secret of some length"))
	want := header.Clone()
	for name := range want {
		header.Add(name, "more")
	}
	for name, values := range want {
		require.Equal(t, append(values, "more"), header[name])
	}
}

func TestStandardWebhooksVerifiesAnySecretAndBody(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), 1, 64).Draw(t, "key")
		a := attempt(string(rapid.SliceOf(rapid.Byte()).Draw(t, "body")), hook.Secret("whsec_"+base64.StdEncoding.EncodeToString(key)))
		a.Event.PublicID = rapid.StringMatching(`[A-Za-z0-9_-]{1,255}`).Draw(t, "id")
		a.At = time.Unix(rapid.Int64Range(0, 1<<40).Draw(t, "at"), 0)
		receiver, err := standardwebhooks.NewWebhookRaw(key)
		require.NoError(t, err)
		require.NoError(t, receiver.VerifyIgnoringTimestamp(a.Body, envelope.Headers(a)))
	})
}
