package envelope_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/envelope"
	"posthorn/hook"
)

const (
	newer = hook.Secret("the newer secret")
	older = hook.Secret("the older secret")
)

func sum(secret hook.Secret, body string) []byte {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(body))
	return mac.Sum(nil)
}

func endpoint(mode hook.AuthMode, secrets ...hook.Secret) *hook.Endpoint {
	return &hook.Endpoint{Auth: mode, Signature: hook.DefaultSignature(), Keys: keys(secrets...)}
}

func TestVerifyBearer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		values []string
		key    int
		reason envelope.Reason
	}{
		"newest":             {values: []string{"Bearer the newer secret"}},
		"older":              {values: []string{"Bearer the older secret"}, key: 1},
		"scheme has no case": {values: []string{"bEARER the newer secret"}},
		"more spaces":        {values: []string{"Bearer   the newer secret"}},
		"none":               {reason: envelope.ReasonMissing},
		"empty":              {values: []string{""}, reason: envelope.ReasonMalformed},
		"scheme alone":       {values: []string{"Bearer"}, reason: envelope.ReasonMalformed},
		"no token":           {values: []string{"Bearer "}, reason: envelope.ReasonMalformed},
		"another scheme":     {values: []string{"Basic the newer secret"}, reason: envelope.ReasonMalformed},
		"no scheme":          {values: []string{"the newer secret"}, reason: envelope.ReasonMalformed},
		"a tab":              {values: []string{"Bearer\tthe newer secret"}, reason: envelope.ReasonMalformed},
		"twice":              {values: []string{"Bearer the newer secret", "Bearer the newer secret"}, reason: envelope.ReasonMalformed},
		"wrong":              {values: []string{"Bearer another secret"}, reason: envelope.ReasonMismatch},
		"a beginning":        {values: []string{"Bearer the newer"}, reason: envelope.ReasonMismatch},
		"more than it":       {values: []string{"Bearer the newer secret!"}, reason: envelope.ReasonMismatch},
		"another case":       {values: []string{"Bearer The newer secret"}, reason: envelope.ReasonMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := endpoint(hook.AuthBearer, newer, older)
			verdict, err := envelope.Verify(e, http.Header{"Authorization": c.values}, nil, now)
			requireVerdict(t, verdict, err, hook.Verdict{Scheme: "bearer", Key: c.key}, c.reason)
		})
	}
}

func TestVerifyHMAC(t *testing.T) {
	t.Parallel()
	const body = `{"a":1}`
	good := sum(newer, body)
	github := hook.SignatureScheme{Header: "X-Hub-Signature-256", Prefix: "sha256=", Encoding: "hex"}
	shopify := hook.SignatureScheme{Header: "X-Shopify-Hmac-Sha256", Encoding: "base64"}
	for name, c := range map[string]struct {
		scheme hook.SignatureScheme
		header string
		values []string
		key    int
		reason envelope.Reason
	}{
		"default":             {header: "X-Comma-Signature", values: []string{hex.EncodeToString(good)}},
		"upper case":          {header: "X-Comma-Signature", values: []string{strings.ToUpper(hex.EncodeToString(good))}},
		"older":               {header: "X-Comma-Signature", values: []string{hex.EncodeToString(sum(older, body))}, key: 1},
		"prefix":              {scheme: github, header: "X-Hub-Signature-256", values: []string{"sha256=" + hex.EncodeToString(good)}},
		"base64":              {scheme: shopify, header: "X-Shopify-Hmac-Sha256", values: []string{base64.StdEncoding.EncodeToString(good)}},
		"none":                {reason: envelope.ReasonMissing},
		"another header":      {header: "X-Signature", values: []string{hex.EncodeToString(good)}, reason: envelope.ReasonMissing},
		"empty":               {header: "X-Comma-Signature", values: []string{""}, reason: envelope.ReasonMalformed},
		"not hex":             {header: "X-Comma-Signature", values: []string{strings.Repeat("g", 64)}, reason: envelope.ReasonMalformed},
		"short":               {header: "X-Comma-Signature", values: []string{hex.EncodeToString(good[:31])}, reason: envelope.ReasonMalformed},
		"long":                {header: "X-Comma-Signature", values: []string{hex.EncodeToString(good) + "00"}, reason: envelope.ReasonMalformed},
		"unasked prefix":      {header: "X-Comma-Signature", values: []string{"sha256=" + hex.EncodeToString(good)}, reason: envelope.ReasonMalformed},
		"prefix left out":     {scheme: github, header: "X-Hub-Signature-256", values: []string{hex.EncodeToString(good)}, reason: envelope.ReasonMalformed},
		"hex for base64":      {scheme: shopify, header: "X-Shopify-Hmac-Sha256", values: []string{hex.EncodeToString(good)}, reason: envelope.ReasonMalformed},
		"base64 for hex":      {header: "X-Comma-Signature", values: []string{base64.StdEncoding.EncodeToString(good)}, reason: envelope.ReasonMalformed},
		"twice":               {header: "X-Comma-Signature", values: []string{hex.EncodeToString(good), hex.EncodeToString(good)}, reason: envelope.ReasonMalformed},
		"of another body":     {header: "X-Comma-Signature", values: []string{hex.EncodeToString(sum(newer, body+" "))}, reason: envelope.ReasonMismatch},
		"by another secret":   {header: "X-Comma-Signature", values: []string{hex.EncodeToString(sum("?", body))}, reason: envelope.ReasonMismatch},
		"by the empty secret": {header: "X-Comma-Signature", values: []string{hex.EncodeToString(sum("", body))}, reason: envelope.ReasonMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := endpoint(hook.AuthHMAC, newer, older, "")
			e.Signature = c.scheme // zero: the default
			header := http.Header{}
			for _, value := range c.values {
				header.Add(c.header, value)
			}
			verdict, err := envelope.Verify(e, header, []byte(body), now)
			requireVerdict(t, verdict, err, hook.Verdict{Scheme: "hmac", Key: c.key}, c.reason)
		})
	}
}

func requireVerdict(t *testing.T, verdict hook.Verdict, err error, want hook.Verdict, reason envelope.Reason) {
	t.Helper()
	require.Equal(t, reason, envelope.ReasonOf(err))
	if reason == "" {
		require.NoError(t, err)
		require.Equal(t, want, verdict)
		return
	}
	require.Equal(t, hook.CodeUnauthentic, hook.CodeOf(err))
	require.Zero(t, verdict)
	for _, secret := range []hook.Secret{newer, older} {
		require.NotContains(t, err.Error(), secret.Reveal())
	}
}

func TestVerifyAcceptsNoEmptySecret(t *testing.T) {
	t.Parallel()
	header := http.Header{"Authorization": {"Bearer "}, "X-Comma-Signature": {hex.EncodeToString(sum("", ""))}}
	for _, mode := range []hook.AuthMode{hook.AuthBearer, hook.AuthHMAC} {
		for _, secrets := range [][]hook.Secret{nil, {""}} {
			_, err := envelope.Verify(endpoint(mode, secrets...), header, nil, now)
			require.Equal(t, hook.CodeUnauthentic, hook.CodeOf(err))
		}
	}
	_, err := envelope.Verify(endpoint(hook.AuthHMAC, ""), header, nil, now)
	require.Equal(t, envelope.ReasonNoSecret, envelope.ReasonOf(err))
	_, err = envelope.Verify(endpoint("", newer), header, nil, now)
	require.Equal(t, envelope.ReasonNoScheme, envelope.ReasonOf(err))
	require.Empty(t, envelope.ReasonOf(errors.New("another")))
}

func TestVerifyEndsASecretAtItsHour(t *testing.T) {
	t.Parallel()
	e := endpoint(hook.AuthBearer, newer, older)
	e.Keys[1].ExpiresAt = now.Add(time.Hour)
	header := http.Header{"Authorization": {"Bearer " + older.Reveal()}}
	verdict, err := envelope.Verify(e, header, nil, now.Add(time.Hour-1))
	require.NoError(t, err)
	require.Equal(t, 1, verdict.Key)
	_, err = envelope.Verify(e, header, nil, now.Add(time.Hour))
	require.Equal(t, envelope.ReasonMismatch, envelope.ReasonOf(err))
}

// Of all headers only the right one opens an endpoint.
func TestVerifyOnlyWhatWasSigned(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		good := sum(newer, string(body))
		given := rapid.OneOf(rapid.Just(good), rapid.SliceOfN(rapid.Byte(), 32, 32)).Draw(t, "sum")
		header := http.Header{"X-Comma-Signature": {hex.EncodeToString(given)}}
		_, err := envelope.Verify(endpoint(hook.AuthHMAC, newer), header, body, now)
		require.Equal(t, hmac.Equal(good, given), err == nil)
	})
}

func FuzzVerify(f *testing.F) {
	f.Add("Bearer the newer secret", "sha256=00", []byte(`{}`))
	f.Add("bearer  ", hex.EncodeToString(sum(newer, "{}")), []byte(`{}`))
	f.Add("Bearer \x00\xff", strings.Repeat("=", 64), []byte(nil))
	f.Fuzz(func(t *testing.T, authorization, signature string, body []byte) {
		header := http.Header{"Authorization": {authorization}, "X-Comma-Signature": {signature}}
		verdict, err := envelope.Verify(endpoint(hook.AuthBearer, newer), header, body, now)
		if err == nil {
			require.Equal(t, hook.Verdict{Scheme: "bearer"}, verdict)
			require.True(t, strings.HasSuffix(strings.TrimRight(authorization, " "), newer.Reveal()))
		} else {
			require.NotEmpty(t, envelope.ReasonOf(err))
		}
		_, err = envelope.Verify(endpoint(hook.AuthHMAC, newer), header, body, now)
		require.Equal(t, strings.ToLower(signature) == hex.EncodeToString(sum(newer, string(body))), err == nil)
	})
}
