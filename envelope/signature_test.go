package envelope_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/envelope"
	"posthorn/hook"
)

var (
	stripe  = hook.SignatureScheme{Header: "Stripe-Signature", Encoding: "hex", Element: "v1", Signed: "{timestamp}.{body}", TimestampElement: "t"}
	slack   = hook.SignatureScheme{Header: "X-Slack-Signature", Prefix: "v0=", Encoding: "hex", Signed: "v0:{timestamp}:{body}", TimestampHeader: "X-Slack-Request-Timestamp"}
	zendesk = hook.SignatureScheme{Header: "X-Zendesk-Webhook-Signature", Encoding: "base64", Signed: "{timestamp}{body}", TimestampHeader: "X-Zendesk-Webhook-Signature-Timestamp"}
)

// The values that GitHub's and Slack's pages on signatures give.
func TestVerifyDocumentedSignatures(t *testing.T) {
	t.Parallel()
	e := endpoint(hook.AuthHMAC, "It's a Secret to Everybody")
	e.Signature = hook.SignatureScheme{Header: "X-Hub-Signature-256", Prefix: "sha256=", Encoding: "hex"}
	_, err := envelope.Verify(e, http.Header{"X-Hub-Signature-256": {"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}},
		[]byte("Hello, World!"), now)
	require.NoError(t, err)

	e = endpoint(hook.AuthHMAC, "8f742231b10e8888abcd99yyyzzz85a5")
	e.Signature = slack
	body := "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA" +
		"&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554" +
		"%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	header := http.Header{
		"X-Slack-Request-Timestamp": {"1531420618"},
		"X-Slack-Signature":         {"v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"},
	}
	_, err = envelope.Verify(e, header, []byte(body), time.Unix(1531420618+299, 0))
	require.NoError(t, err)
	for _, far := range []int64{-301, 301} {
		_, err = envelope.Verify(e, header, []byte(body), time.Unix(1531420618+far, 0))
		require.Equal(t, envelope.ReasonStale, envelope.ReasonOf(err))
	}
}

func TestVerifyWhatIsSignedBesideTheBody(t *testing.T) {
	t.Parallel()
	const body = `{"a":{timestamp}}`
	stamp := strconv.FormatInt(now.Unix(), 10)
	iso := now.UTC().Format(time.RFC3339)
	x := func(secret hook.Secret, text string) string { return hex.EncodeToString(sum(secret, text)) }
	b64 := func(text string) string { return base64.StdEncoding.EncodeToString(sum(newer, text)) }
	for name, c := range map[string]struct {
		scheme hook.SignatureScheme
		header map[string]string
		key    int
		reason envelope.Reason
	}{
		"elements":           {scheme: stripe, header: map[string]string{"Stripe-Signature": "t=" + stamp + ",v1=" + x(newer, stamp+"."+body) + ",v0=00"}},
		"with blanks":        {scheme: stripe, header: map[string]string{"Stripe-Signature": "v1=" + x(newer, stamp+"."+body) + ", t=" + stamp}},
		"several":            {scheme: stripe, header: map[string]string{"Stripe-Signature": "t=" + stamp + ",v1=" + x("?", body) + ",v1=" + x(older, stamp+"."+body)}, key: 1},
		"one is no hex":      {scheme: stripe, header: map[string]string{"Stripe-Signature": "t=" + stamp + ",v1=zz,v1=" + x(newer, stamp+"."+body)}},
		"another version":    {scheme: stripe, header: map[string]string{"Stripe-Signature": "t=" + stamp + ",v0=" + x(newer, stamp+"."+body)}, reason: envelope.ReasonMalformed},
		"no timestamp":       {scheme: stripe, header: map[string]string{"Stripe-Signature": "v1=" + x(newer, "."+body)}, reason: envelope.ReasonMalformed},
		"timestamp not hers": {scheme: stripe, header: map[string]string{"Stripe-Signature": "t=" + stamp + "1,v1=" + x(newer, stamp+"."+body)}, reason: envelope.ReasonMismatch},
		"body alone":         {scheme: stripe, header: map[string]string{"Stripe-Signature": "t=" + stamp + ",v1=" + x(newer, body)}, reason: envelope.ReasonMismatch},
		"no number":          {scheme: stripe, header: map[string]string{"Stripe-Signature": "t=now,v1=" + x(newer, "now."+body)}, reason: envelope.ReasonMalformed},
		"long ago":           {scheme: stripe, header: map[string]string{"Stripe-Signature": "t=1,v1=" + x(newer, "1."+body)}, reason: envelope.ReasonStale},
		"many": {scheme: stripe, header: map[string]string{"Stripe-Signature": "t=" + stamp + strings.Repeat(",v1="+x("?", body), 9) + ",v1=" + x(newer, stamp+"."+body)},
			reason: envelope.ReasonMismatch},
		"header of its own":    {scheme: zendesk, header: map[string]string{zendesk.Header: b64(iso + body), zendesk.TimestampHeader: iso}},
		"it is missing":        {scheme: zendesk, header: map[string]string{zendesk.Header: b64(iso + body)}, reason: envelope.ReasonMissing},
		"it is another":        {scheme: zendesk, header: map[string]string{zendesk.Header: b64(iso + body), zendesk.TimestampHeader: stamp}, reason: envelope.ReasonMismatch},
		"prefix and timestamp": {scheme: slack, header: map[string]string{slack.Header: "v0=" + x(newer, "v0:"+stamp+":"+body), slack.TimestampHeader: stamp}},
		"prefix left out":      {scheme: slack, header: map[string]string{slack.Header: x(newer, "v0:"+stamp+":"+body), slack.TimestampHeader: stamp}, reason: envelope.ReasonMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := endpoint(hook.AuthHMAC, newer, older)
			e.Signature = c.scheme
			header := http.Header{}
			for name, value := range c.header {
				header.Set(name, value)
			}
			verdict, err := envelope.Verify(e, header, []byte(body), now)
			requireVerdict(t, verdict, err, hook.Verdict{Scheme: "hmac", Key: c.key}, c.reason)
		})
	}
}

// Only who knows the secret makes a signature, whatever the header holds.
func FuzzVerifyTimestamped(f *testing.F) {
	f.Add("t=1,v1=00", "1", "{timestamp}.{body}", []byte("{}"))
	f.Add(fmt.Sprintf("t=%d,v1=%x", now.Unix(), sum(newer, "x")), "2026-01-01T00:00:00Z", "a{body}b{timestamp}", []byte("x"))
	f.Add(",,=,t,v1=,v1", "-1", "", []byte(nil))
	f.Fuzz(func(t *testing.T, value, stamp, template string, body []byte) {
		schemes := []hook.SignatureScheme{stripe, slack, zendesk, {Header: "X-S", Encoding: "hex", Signed: template, TimestampHeader: "X-T"}}
		for _, s := range schemes {
			e := endpoint(hook.AuthHMAC, newer)
			e.Signature = s
			header := http.Header{http.CanonicalHeaderKey(s.Header): {value}}
			if s.TimestampHeader != "" {
				header[http.CanonicalHeaderKey(s.TimestampHeader)] = []string{stamp}
			}
			_, err := envelope.Verify(e, header, body, now)
			require.Equal(t, hook.CodeUnauthentic, hook.CodeOf(err))
		}
	})
}
