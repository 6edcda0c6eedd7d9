package provider

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSendGridSignsTimestampAndBody(t *testing.T) {
	t.Parallel()
	key, public := sendgridKey(t)
	other, otherPublic := sendgridKey(t)
	for _, name := range []string{"sendgrid", "sendgrid-inbound"} {
		p := lookup(t, name)
		check := func(r *Request, keys ...string) Verdict {
			var versions []map[string]any
			for _, k := range keys {
				versions = append(versions, map[string]any{"public_key": k})
			}
			return p.Verify(t.Context(), r, configOf(t, name, versions...), at, nil)
		}
		r := sendgridSigned(t, key, post("application/json", "[]\r\n"), at)
		require.True(t, check(r, public).Accepted)
		require.Equal(t, 1, check(r, otherPublic, public).Key)
		require.Equal(t, ReasonMismatch, check(r, otherPublic).Reason)
		require.Equal(t, ReasonNoSecret, check(r).Reason)
		require.Equal(t, ReasonMismatch, check(sendgridSigned(t, other, post("application/json", "[]"), at), public).Reason)
		require.True(t, check(sendgridSigned(t, key, *r, at.Add(-24*time.Hour)), public).Accepted)
		require.Equal(t, ReasonStale, check(sendgridSigned(t, key, *r, at.Add(-24*time.Hour-time.Second)), public).Reason)

		r.Body = []byte("[]")
		require.Equal(t, ReasonMismatch, check(r, public).Reason)
		for _, header := range []string{"X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp"} {
			broken := sendgridSigned(t, key, *r, at)
			broken.Header.Set(header, "-")
			require.NotEmpty(t, check(broken, public).Reason)
			broken.Header.Del(header)
			require.Equal(t, ReasonMissing, check(broken, public).Reason)
		}
	}
}

func TestInboundParseWantsAllThatWasAgreed(t *testing.T) {
	t.Parallel()
	key, public := sendgridKey(t)
	c := configOf(t, "sendgrid-inbound", map[string]any{"public_key": public, "username": "u", "password": "p"})
	p := lookup(t, "sendgrid-inbound")
	signed := sendgridSigned(t, key, post("text/plain", "x"), at)
	require.Equal(t, ReasonMissing, p.Verify(t.Context(), signed, c, at, nil).Reason)
	signed.Header.Set("Authorization", "Basic "+b64([]byte("u:p")))
	require.True(t, p.Verify(t.Context(), signed, c, at, nil).Accepted)
	signed.Body = []byte("y")
	require.Equal(t, ReasonMismatch, p.Verify(t.Context(), signed, c, at, nil).Reason)
}

func TestTheChallengeOfMetaIsAnsweredToWhoKnowsTheToken(t *testing.T) {
	t.Parallel()
	p := lookup(t, "meta")
	c := configOf(t, "meta", map[string]any{"app_secret": "s", "verify_token": "new"}, map[string]any{"app_secret": "s", "verify_token": "old"})
	for query, reason := range map[string]Reason{
		"hub.mode=subscribe&hub.verify_token=new&hub.challenge=1+%2B2":                   "",
		"hub.mode=subscribe&hub.verify_token=old&hub.challenge=1+%2B2":                   "",
		"hub.mode=subscribe&hub.verify_token=other&hub.challenge=1":                      ReasonVerifyToken,
		"hub.mode=subscribe&hub.verify_token=&hub.challenge=1":                           ReasonVerifyToken,
		"hub.mode=subscribe&hub.challenge=1":                                             ReasonVerifyToken,
		"hub.mode=subscribe&hub.verify_token=new&hub.verify_token=other&hub.challenge=1": ReasonVerifyToken,
		"hub.mode=unsubscribe&hub.verify_token=new&hub.challenge=1":                      ReasonMalformed,
		"hub.verify_token=new&hub.challenge=1":                                           ReasonMalformed,
		"hub.mode=subscribe&hub.verify_token=new":                                        ReasonMissing,
		"": ReasonMalformed,
		"hub.mode=subscribe&hub.verify_token=new&hub.challenge=%3Cscript%3E&object=x&a=b": "",
	} {
		r := &Request{Method: http.MethodGet, URL: callbackURL + "?" + query, Header: http.Header{}}
		v := p.Verify(t.Context(), r, c, at, nil)
		require.Equal(t, reason, v.Reason, query)
		require.NotContains(t, v.URL+v.Signed+v.Message, "verify_token=")
		if reason != "" {
			require.Equal(t, http.StatusForbidden, v.Answer.Status)
			continue
		}
		result := p.Events(r, c)
		require.Equal(t, OutcomeChallenge, result.Outcome)
		require.Equal(t, "text/plain", result.Answer.ContentType)
		require.Contains(t, []string{"1 +2", "<script>"}, result.Answer.Body)
	}
	r := &Request{Method: http.MethodGet, URL: callbackURL + "?hub.mode=subscribe&hub.verify_token=&hub.challenge=1", Header: http.Header{}}
	v := p.Verify(t.Context(), r, configOf(t, "meta", map[string]any{"app_secret": "s"}), at, nil)
	require.Equal(t, ReasonNoSecret, v.Reason)
}

func TestPlivoDoesNotFallBackToTheWeakerVersion(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		if s.name != "plivo V2" {
			continue
		}
		for _, name := range []string{"X-Plivo-Signature-V3", "X-Plivo-Signature-Ma-V3", "X-Plivo-Signature-V3-Nonce"} {
			for _, value := range []string{"x", ""} {
				r := s.signed(secretA, at)
				r.Header.Set(name, value)
				v := s.verify(t, r, s.with(secretA))
				require.False(t, v.Accepted, name)
				require.Equal(t, "plivo-v3", v.Scheme)
			}
		}
	}
}

func TestNoncesSayWhatToRemember(t *testing.T) {
	t.Parallel()
	want := map[string]struct {
		key      string
		unsigned bool
		until    time.Duration
	}{
		"mailgun":            {"0123456789012345678901234567890123456789abcdefghij", true, 12 * time.Hour},
		"mailgun-inbound":    {"abc", true, 12 * time.Hour},
		"messagebird-jwt":    {"j1", false, time.Minute},
		"standard-webhooks":  {"m1", false, 5 * time.Minute},
		"vonage-jwt":         {"j1", false, 24 * time.Hour},
		"vonage-sig md5hash": {"n", false, 24 * time.Hour},
		"plivo V2":           {"n1", true, 0},
		"plivo Ma-V3":        {"n1", false, 0},
	}
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			w, ok := want[s.name]
			if !ok {
				return
			}
			r := s.signed(secretA, at)
			replay := s.verify(t, r, s.with(secretA)).Replay
			require.Equal(t, w.key, replay.Key)
			require.Equal(t, w.unsigned, replay.Unsigned)
			require.Equal(t, w.until == 0, replay.Until.IsZero())
			if w.until > 0 {
				require.True(t, replay.Until.After(at.Add(w.until)), "as long as it would be accepted")
			}
			again := *r
			again.URL += "#x"
			require.Equal(t, replay.Digest, again.digest())
			again.Body = append([]byte(" "), r.Body...)
			require.NotEqual(t, replay.Digest, again.digest())
		})
	}
}

func TestMailgunsDigitsCannotMove(t *testing.T) {
	t.Parallel()
	nonce := "0123456789012345678901234567890123456789abcdefghij"
	signature := func(stamp, nonce string) string {
		r := post("application/x-www-form-urlencoded", "")
		s := samples()
		for i := range s {
			if s[i].name == "mailgun-inbound" {
				r = *s[i].signed(secretA, at)
			}
		}
		_, rest, _ := strings.Cut(string(r.Body), "&timestamp=")
		return "token=" + nonce + "&timestamp=" + stamp + "&" + rest[strings.Index(rest, "signature"):]
	}
	for _, c := range [][2]string{{"17600000000", nonce[1:]}, {"176000000", "0" + nonce}, {"1760000000 ", nonce}, {"-1760000000", nonce}, {"+1760000000", nonce}, {"1.76e9", nonce}} {
		r := post("application/x-www-form-urlencoded", signature(c[0], c[1]))
		v := lookup(t, "mailgun-inbound").Verify(t.Context(), &r, configOf(t, "mailgun-inbound", map[string]any{"signing_key": secretA}), at, nil)
		require.Equal(t, ReasonMalformed, v.Reason, c[0])
	}
	r := post("application/x-www-form-urlencoded", "token=a&token=b&timestamp=1760000000&signature=00")
	v := lookup(t, "mailgun-inbound").Verify(t.Context(), &r, configOf(t, "mailgun-inbound", map[string]any{"signing_key": secretA}), at, nil)
	require.Equal(t, ReasonMalformed, v.Reason)
}
