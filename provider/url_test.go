package provider

import (
	"crypto/sha1"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestThePublicURLIsBaseAndRawTarget(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"https://h.example", "/a?b=%2F+c&b", "https://h.example/a?b=%2F+c&b"},
		{"https://h.example/", "/a", "https://h.example/a"},
		{"https://u:p@h.example:8443/base/", "/a//b", "https://u:p@h.example:8443/base/a//b"},
		{"https://h.example", "http://inside:8080/a?b=1", "https://h.example/a?b=1"},
		{"https://h.example", "http://inside:8080?b=1", "https://h.example/?b=1"},
		{"https://h.example", "http://inside", "https://h.example/"},
	} {
		require.Equal(t, c[2], PublicURL(c[0], c[1]))
	}
}

func TestTwilioSignsOneOfSeveralFormsOfAURL(t *testing.T) {
	t.Parallel()
	for configured, signed := range map[string][]string{
		"https://h.example/a":         {"https://h.example/a", "https://h.example:443/a"},
		"http://h.example/a":          {"http://h.example/a", "http://h.example:80/a"},
		"https://h.example:8443/a?b":  {"https://h.example:8443/a?b", "https://h.example/a?b"},
		"https://h.example:443/a":     {"https://h.example:443/a", "https://h.example/a"},
		"https://u:p@h.example/a":     {"https://u:p@h.example/a", "https://u:p@h.example:443/a"},
		"https://[2001:db8::1]/a":     {"https://[2001:db8::1]/a", "https://[2001:db8::1]:443/a"},
		"https://[2001:db8::1]:444/a": {"https://[2001:db8::1]:444/a", "https://[2001:db8::1]/a"},
		"https://h.example?x=1":       {"https://h.example?x=1", "https://h.example:443?x=1"},
		"https://h.example/a#rc=5":    {"https://h.example/a", "https://h.example:443/a"},
		"https://h.example/a?b=it's+c": {
			"https://h.example/a?b=it's+c", "https://h.example/a?b=it%27s+c", "https://h.example:443/a?b=it's%20c",
		},
	} {
		for _, url := range signed {
			r := &Request{Method: http.MethodGet, URL: configured, Header: http.Header{}}
			r.Header.Set("X-Twilio-Signature", b64(sum(sha1.New, secretA, url)))
			v := lookup(t, "twilio-sms").Verify(t.Context(), r, configOf(t, "twilio-sms", map[string]any{"auth_token": secretA}), at, nil)
			require.True(t, v.Accepted, "%s signed as %s", configured, url)
			require.NotContains(t, v.URL, "u:p")
		}
	}
}

func TestAWrongSchemeOfThePublicURLIsNamedAsTheCause(t *testing.T) {
	t.Parallel()
	r := &Request{Method: http.MethodGet, URL: "http://u:hush@h.example/a", Header: http.Header{}}
	r.Header.Set("X-Twilio-Signature", b64(sum(sha1.New, secretA, "https://u:hush@h.example/a")))
	v := lookup(t, "twilio-sms").Verify(t.Context(), r, configOf(t, "twilio-sms", map[string]any{"auth_token": secretA}), at, nil)
	require.False(t, v.Accepted)
	require.Contains(t, v.Cause, "https://•••@h.example/a")
	require.NotContains(t, v.Signed+v.Cause+v.URL, "hush")
}

func TestContentThatTwilioDidNotSignIsRefused(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"", "application/json", "multipart/form-data; boundary=x", "text/plain"} {
		r := post(contentType, "MessageSid=SM1&MessageStatus=delivered")
		r.Header.Set("X-Twilio-Signature", b64(sum(sha1.New, secretA, r.URL)))
		v := lookup(t, "twilio-sms").Verify(t.Context(), &r, configOf(t, "twilio-sms", map[string]any{"auth_token": secretA}), at, nil)
		require.Equal(t, ReasonUnsigned, v.Reason, contentType)
	}
	r := post("application/x-www-form-urlencoded; charset=UTF-8", "a=%zz&b;c=%C3%A9&=x&d")
	r.Header.Set("X-Twilio-Signature", b64(sum(sha1.New, secretA, r.URL, "x", "a", "%zz", "b;c", "é", "d")))
	v := lookup(t, "twilio-sms").Verify(t.Context(), &r, configOf(t, "twilio-sms", map[string]any{"auth_token": secretA}), at, nil)
	require.True(t, v.Accepted, v.Signed)
}
