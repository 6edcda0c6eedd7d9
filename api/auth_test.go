package api_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func TestWrongSecretTellsNothingOfTheEndpoint(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	on, off := s.endpoint(t, key, object{}), s.endpoint(t, key, object{"enabled": false})
	for _, secret := range []string{"wrong", on.secret + "x", on.secret[:len(on.secret)-1], strings.Repeat("x", 10_000)} {
		a := s.send(t, "POST", on.path, strings.NewReader(message("1")), "Authorization", "Bearer "+secret)
		b := s.send(t, "POST", off.path, strings.NewReader(message("1")), "Authorization", "Bearer "+secret)
		a.problem(t, 401)
		delete(a.body, "request_id")
		delete(b.body, "request_id")
		require.Equal(t, a.body, b.body)
		require.NotContains(t, a.raw, secret)
	}
}

func TestBearerHeader(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	for name, c := range map[string]struct {
		headers []string
		want    int
	}{
		"as it should be":    {[]string{"Authorization", "Bearer " + e.secret}, 200},
		"scheme has no case": {[]string{"Authorization", "bEARER " + e.secret}, 200},
		"more spaces":        {[]string{"Authorization", "Bearer   " + e.secret}, 200},
		"none":               {nil, 401},
		"empty":              {[]string{"Authorization", "Bearer "}, 401},
		"no scheme":          {[]string{"Authorization", e.secret}, 401},
		"other scheme":       {[]string{"Authorization", "Basic " + e.secret}, 401},
		"twice":              {[]string{"Authorization", "Bearer " + e.secret, "Authorization", "Bearer " + e.secret}, 401},
		"a management key":   {[]string{"Authorization", "Bearer " + key}, 401},
		"an HMAC instead":    {[]string{"X-Comma-Signature", sign(e.secret, message("bearer"))}, 401},
	} {
		g := s.send(t, "POST", e.path, strings.NewReader(message("bearer")), c.headers...)
		require.Equal(t, c.want, g.status, "%s: %s", name, g.raw)
		if c.want == 401 {
			g.problem(t, 401)
		}
	}
}

func sign(secret, body string) string { return hex.EncodeToString(mac(secret, body)) }

func mac(secret, body string) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(body))
	return h.Sum(nil)
}

func TestSignatureHeader(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	standard := s.endpoint(t, key, object{"auth": "hmac"})
	github := s.endpoint(t, key, object{"auth": "hmac", "signature": object{"header": "X-Hub-Signature-256", "prefix": "sha256="}})
	shop := s.endpoint(t, key, object{"auth": "hmac", "signature": object{"header": "X-Shop-Hmac", "encoding": "base64"}})
	body := message("signed")
	for name, c := range map[string]struct {
		to      endpoint
		headers []string
		want    int
	}{
		"default":              {standard, []string{"X-Comma-Signature", sign(standard.secret, body)}, 200},
		"upper case":           {standard, []string{"X-Comma-Signature", strings.ToUpper(sign(standard.secret, body))}, 200},
		"other body":           {standard, []string{"X-Comma-Signature", sign(standard.secret, body+" ")}, 401},
		"other secret":         {standard, []string{"X-Comma-Signature", sign(github.secret, body)}, 401},
		"short":                {standard, []string{"X-Comma-Signature", sign(standard.secret, body)[:62]}, 401},
		"prefix not asked for": {standard, []string{"X-Comma-Signature", "sha256=" + sign(standard.secret, body)}, 401},
		"missing":              {standard, nil, 401},
		"bearer instead":       {standard, []string{"Authorization", "Bearer " + standard.secret}, 401},
		"prefix":               {github, []string{"X-Hub-Signature-256", "sha256=" + sign(github.secret, body)}, 200},
		"prefix missing":       {github, []string{"X-Hub-Signature-256", sign(github.secret, body)}, 401},
		"default header":       {github, []string{"X-Comma-Signature", sign(github.secret, body)}, 401},
		"base64":               {shop, []string{"X-Shop-Hmac", base64.StdEncoding.EncodeToString(mac(shop.secret, body))}, 200},
		"hex for base64":       {shop, []string{"X-Shop-Hmac", sign(shop.secret, body)}, 401},
	} {
		g := s.send(t, "POST", c.to.path, strings.NewReader(body), c.headers...)
		require.Equal(t, c.want, g.status, "%s: %s", name, g.raw)
	}
}

func TestCredentialsAreNotStored(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	g := s.deliver(t, e, message("1"))
	id, err := hook.ParseID(g.str("id"))
	require.NoError(t, err)
	m, _, err := s.store.MessageToArchive(t.Context(), id)
	require.NoError(t, err)
	require.NotEmpty(t, m.Request.Header)
	for _, h := range m.Request.Header {
		require.NotContains(t, h[1], e.secret, h[0])
	}
}
