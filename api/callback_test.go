package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/api"
	"posthorn/hook"
	"posthorn/simulate"
)

const base = "https://hooks.example.com"

// sender is a provider with an endpoint here.
type sender struct {
	endpoint
	name   string
	target simulate.Target
}

// sends makes an endpoint for a provider that sends by a scheme.
func (s *service) sends(t *testing.T, key, name, scheme string, settings object) sender {
	t.Helper()
	target, err := simulate.Generate(name, scheme, []byte("a seed of this test, and no other"))
	require.NoError(t, err)
	if name == "ses" {
		certificate, err := simulate.NewCertificate()
		require.NoError(t, err)
		target.Key, target.CertificateURL = certificate.Key, certificate.URL
		target.Config.Certificates = map[string]string{certificate.URL: certificate.PEM}
	}
	settings["provider"], settings["provider_config"] = name, target.Config
	e := s.endpoint(t, key, settings)
	require.True(t, strings.HasPrefix(e.path, "/webhooks/incoming/"+name+"/"), e.path)
	require.Empty(t, e.secret, "it is the provider's")
	target.URL = base + e.path
	return sender{endpoint: e, name: name, target: target}
}

func (f *sender) make(t *testing.T, kind string) simulate.Callback {
	t.Helper()
	c, err := simulate.Make(f.name, kind, f.target)
	require.NoError(t, err)
	return c
}

// callback sends one as a proxy hands it on.
func (s *service) callback(t *testing.T, c simulate.Callback, headers ...string) got {
	t.Helper()
	for name, values := range c.Header {
		for _, value := range values {
			headers = append(headers, name, value)
		}
	}
	return s.send(t, c.Method, strings.TrimPrefix(c.URL, base), strings.NewReader(string(c.Body)), headers...)
}

// messages lists those of an endpoint, the newest first.
func (s *service) messages(t *testing.T, key string, e endpoint) []object {
	t.Helper()
	g := s.call(t, key, "GET", "/api/v1/messages?endpoint_id="+e.id, nil)
	require.Equal(t, 200, g.status, g.raw)
	return g.list()
}

func TestEveryProvidersCallbackBecomesAMessage(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	for _, name := range simulate.Providers() {
		for _, scheme := range simulate.Schemes(name) {
			f := s.sends(t, key, name, scheme, object{})
			c := f.make(t, "")
			for range 2 { // the second is the same callback once more
				g := s.callback(t, c)
				require.Equal(t, 200, g.status, "%s %s: %s", name, scheme, g.raw)
				require.NotContains(t, g.raw, "success", "the answer is the provider's, not ours")
			}
			list := s.messages(t, key, f.endpoint)
			require.Len(t, list, 1, "%s %s", name, scheme)
			require.NotEmpty(t, list[0]["external_id"])
			fields, _ := list[0]["fields"].(map[string]any)
			require.Equal(t, name, fields["provider"])
			require.NotEmpty(t, fields["events"])
			secret, _ := json.Marshal(f.target.Config)
			for _, value := range strings.SplitSeq(string(secret), `"`) {
				if len(value) >= 32 && name != "ses" && !strings.HasPrefix(name, "sendgrid") {
					shown := s.call(t, key, "GET", "/api/v1/endpoints/"+f.id, nil)
					require.NotContains(t, shown.raw, value, "secrets are masked")
				}
			}
		}
	}
}

func TestProvidersAreAnsweredAsTheyWant(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	f := s.sends(t, key, "meta", "", object{})
	g := s.callback(t, f.make(t, "challenge"))
	require.Equal(t, 200, g.status)
	require.True(t, strings.HasPrefix(g.header.Get("Content-Type"), "text/plain"), "in HTML it could be a script")
	require.NotEmpty(t, g.raw)
	wrong := f
	wrong.target.Config.VerifyToken = "another one"
	require.Equal(t, http.StatusForbidden, s.callback(t, wrong.make(t, "challenge")).status)
	raw := s.call(t, key, "GET", "/api/v1/messages?endpoint_id="+f.id, nil)
	require.NotContains(t, raw.raw, f.target.Config.VerifyToken)

	f = s.sends(t, key, "vonage", "vonage-jwt", object{})
	c := f.make(t, "")
	c.Header.Del("Authorization")
	g = s.callback(t, c)
	require.Equal(t, http.StatusServiceUnavailable, g.status, "it comes again, signed")
	require.NotEmpty(t, g.header.Get("Retry-After"))

	f = s.sends(t, key, "twilio-sms", "", object{})
	g = s.callback(t, f.make(t, "received"))
	require.Equal(t, 200, g.status)
	if g.raw != "" {
		require.Contains(t, g.header.Get("Content-Type"), "xml", "what is text/plain goes to the sender")
	}
}

func TestARefusedCallbackExplainsItselfAndCanBeAdmitted(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	f := s.sends(t, key, "twilio-sms", "", object{})
	right := f.target.Config.AuthToken
	path := "/api/v1/endpoints/" + f.id
	require.Equal(t, 200, s.call(t, key, "PATCH", path, object{"provider_config": object{"auth_token": "mistyped"}}).status)
	c := f.make(t, "delivered")
	require.Eventually(t, func() bool { return s.callback(t, c).status == 401 }, patience, 50*1e6)
	listed := s.refused(t, key, f.endpoint, 1).list()[0]
	require.Equal(t, "mismatch", listed["reason"])
	require.Equal(t, "unverified", listed["kept"])
	why, _ := listed["explanation"].(map[string]any)
	require.Equal(t, "twilio-sms", why["provider"])
	require.Equal(t, "twilio-sha1", why["scheme"])
	require.Equal(t, c.URL, why["url"])
	require.Contains(t, why["signed"], c.URL)
	require.NotEmpty(t, why["cause"])
	require.NotContains(t, listed, "mistyped")

	id, _ := listed["id"].(string)
	readmit := func() got { return s.call(t, key, "POST", path+"/refused/"+id+"/readmit", nil) }
	require.Equal(t, 422, readmit().status, "it is not authentic yet")
	require.Equal(t, 200, s.call(t, key, "PATCH", path, object{"provider_config": object{"auth_token": right}}).status)
	g := readmit()
	require.Equal(t, 200, g.status, g.raw)
	m := s.messages(t, key, f.endpoint)
	require.Len(t, m, 1)
	require.Equal(t, id, m[0]["id"], "it counts as received when it came")
	require.Equal(t, listed["at"], m[0]["received_at"])
	require.Equal(t, 409, readmit().status)
}

func TestCallbacksComeAgainWhereOthersWouldBeTurnedAway(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	f := s.sends(t, key, "sendgrid", "", object{"rate_limit": 1, "burst": 1})
	require.Equal(t, 200, s.callback(t, f.make(t, "")).status)
	g := s.callback(t, f.make(t, ""))
	require.Equal(t, http.StatusServiceUnavailable, g.status, "too fast")
	require.NotEmpty(t, g.header.Get("Retry-After"))

	f = s.sends(t, key, "sendgrid", "", object{"enabled": false})
	g = s.callback(t, f.make(t, ""))
	require.Equal(t, http.StatusServiceUnavailable, g.status, "disabled")
	require.NotEmpty(t, g.header.Get("Retry-After"))
	require.Equal(t, 1, s.refused(t, key, f.endpoint, 1).counts(t)["503 disabled"])
	other := f
	other.target, _ = simulate.Generate("sendgrid", "", []byte("another seed"))
	other.target.URL = f.target.URL
	require.Equal(t, 401, s.callback(t, other.make(t, "")).status, "who does not sign learns nothing")

	f = s.sends(t, key, "sendgrid", "", object{"allowlist": []string{"192.0.2.0/24"}})
	require.Equal(t, http.StatusForbidden, s.callback(t, f.make(t, "")).status)
}

func TestATokenIsGoodForItsProviderAlone(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	f := s.sends(t, key, "postmark", "", object{})
	plain := s.endpoint(t, key, object{})
	token := strings.TrimPrefix(f.path, "/webhooks/incoming/postmark/")
	for _, path := range []string{
		"/webhooks/incoming/sendgrid/" + token, "/webhooks/incoming/in/" + token, "/webhooks/incoming/in/" + token + "/batch",
		"/webhooks/incoming/nobody/" + token, "/webhooks/incoming/postmark/unknown", f.path + "/mime",
		strings.Replace(plain.path, "/in/", "/postmark/", 1),
	} {
		require.Equal(t, 404, s.send(t, "POST", path, strings.NewReader("{}")).status, path)
	}
	require.Equal(t, 405, s.send(t, "PUT", f.path, nil).status)
}

func TestWhatIsNotSignedCannotBeChangedUnderTheSameNonce(t *testing.T) {
	t.Parallel()
	s := setup(t)
	twin := s.twin()
	_, key := s.tenant(t)
	f := s.sends(t, key, "mailgun", "", object{})
	c := f.make(t, "delivered")
	forged := c
	forged.Body = []byte(strings.ReplaceAll(string(c.Body), "delivered", "complained"))
	require.NotEqual(t, c.Body, forged.Body)
	require.Equal(t, 200, s.callback(t, c).status)
	require.Equal(t, 401, twin.callback(t, forged).status, "another replica knows it too")
	require.Equal(t, 200, twin.callback(t, c).status, "a repeat is a duplicate")
	require.Len(t, s.messages(t, key, f.endpoint), 1)
	require.Equal(t, false, s.messages(t, key, f.endpoint)[0]["conflicting"])
	require.Equal(t, 1, s.refused(t, key, f.endpoint, 1).counts(t)["401 replayed"])
}

func TestAnAuthenticCallbackThatCannotBeReadIsKept(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	f := s.sends(t, key, "postmark", "", object{})
	c := f.make(t, "")
	for _, body := range []string{"", "{", "\x00\xff", `{"RecordType":"New"}`} {
		c.Body = []byte(body)
		require.Equal(t, 200, s.callback(t, c).status, body)
	}
	c.Body = []byte("not gzip")
	require.Equal(t, 200, s.callback(t, c, "Content-Encoding", "gzip").status)
	require.Equal(t, 200, s.callback(t, c, "Content-Encoding", "br").status)
	list := s.messages(t, key, f.endpoint)
	require.Len(t, list, 5, "the last two say the same")
	fields, _ := list[0]["fields"].(map[string]any)
	require.Equal(t, "ignored", fields["outcome"])
}

func TestInboundMailMayBeLarger(t *testing.T) {
	t.Parallel()
	s := setup(t, func(c *api.Config) { c.BodyMemory = 400 << 20 })
	_, key := s.tenant(t)
	f := s.sends(t, key, "email", "", object{})
	c := f.make(t, "")
	head := string(c.Body) + "\r\n"
	c.Body = []byte(head + strings.Repeat("x", hook.MaxBody))
	require.Equal(t, 200, s.callback(t, c).status)
	c.Body = []byte(head + strings.Repeat("x", hook.MaxMail))
	require.Equal(t, 413, s.callback(t, c).status)

	f = s.sends(t, key, "sendgrid", "", object{})
	c = f.make(t, "")
	c.Body = append(c.Body, strings.Repeat(" ", hook.MaxBody)...)
	require.Equal(t, 413, s.callback(t, c).status)
}
