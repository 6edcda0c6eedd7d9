package provider

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestASignatureOverAnotherURLNamesTheURLToSet(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		if !s.signsURL {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			r := s.signed(secretA, at)
			before, _, target := splitURL(r.URL)
			host := strings.TrimPrefix(before, "https://")
			for _, wrong := range []string{"http://" + host, "http://10.0.0.7:8080", "https://other.example"} {
				seen := *r
				seen.URL, seen.Host = wrong+target, host
				v := s.verify(t, &seen, s.with(secretA))
				require.False(t, v.Accepted, "what is found is for people")
				require.Contains(t, v.Cause, "set POSTHORN_PUBLIC_URL, or the endpoint's public_url, to https://"+host, wrong)

				seen.Host, seen.Header = "10.0.0.7:8080", r.Header.Clone()
				seen.Header.Set("X-Forwarded-Host", host+", 10.0.0.7")
				require.Contains(t, s.verify(t, &seen, s.with(secretA)).Cause, "to https://"+host, wrong)
				require.NotContains(t, s.verify(t, &seen, s.with(secretB)).Cause, "POSTHORN_PUBLIC_URL", "the secret is another one, too")
			}
		})
	}
}

func TestABodyThatAProxyChangedIsTold(t *testing.T) {
	t.Parallel()
	const cause = "a proxy in front of Posthorn changes the body"
	tried := 0
	for _, s := range samples() {
		if s.bodyUnsigned || strings.HasPrefix(s.name, "twilio") || s.provider == "plivo" || s.provider == "ses" || s.name == "vonage-sig md5hash" {
			continue // no signature over the bytes
		}
		r := s.signed(secretA, at)
		if len(r.Body) == 0 {
			continue
		}
		changed := *r
		changed.Body = append(bytes.Clone(r.Body), " \n"...)
		v := s.verify(t, &changed, s.with(secretA))
		if v.Accepted {
			continue
		}
		tried++
		require.Contains(t, v.Cause, cause, s.name)
	}
	require.Greater(t, tried, 3)

	// Meta escapes before it signs; a proxy that reads and writes JSON does not.
	sent := `{"object":"whatsapp_business_account","text":"Zo\u00eb \ud83d\ude00 https:\/\/x.example"}`
	for _, rewritten := range []string{
		`{"object":"whatsapp_business_account","text":"Zoë 😀 https://x.example"}`,
		"{\n  \"object\": \"whatsapp_business_account\",\n  \"text\": \"Zoë 😀 https://x.example\"\n}\n",
	} {
		r := post("application/json", sent)
		r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(sum(sha256.New, secretA, sent)))
		r.Body = []byte(rewritten)
		v := lookup(t, "meta").Verify(t.Context(), &r, configOf(t, "meta", map[string]any{"app_secret": secretA, "verify_token": "v"}), at, nil)
		require.False(t, v.Accepted)
		require.Contains(t, v.Cause, cause)
		require.Contains(t, v.Cause, "escaped as it was sent")
	}
}

func TestEveryRefusalNamesALikelyCause(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		for _, header := range s.headers {
			r := s.signed(secretA, at)
			r.Header.Del(header)
			if v := s.verify(t, r, s.with(secretA)); !v.Accepted {
				require.NotEmpty(t, v.Cause, "%s without %s: %s", s.name, header, v.Reason)
			}
		}
	}
}
