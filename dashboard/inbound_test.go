package dashboard_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"html"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/client"
	"posthorn/hook"
	"posthorn/provider"
)

const endpointsPath = "/portal/settings/webhooks/endpoints"

func (s *site) only(t *testing.T) client.Endpoint {
	t.Helper()
	got, err := s.api.EndpointPage(s.as(t), client.Page{})
	require.NoError(t, err)
	require.Len(t, got.Items, 1)
	return got.Items[0]
}

func TestAProvidersEndpointIsMadeOfItsSettingsAndShowsItsSteps(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := s.signedIn(t, s.tenant, hook.RoleOperator)
	require.Contains(t, b.get(t, endpointsPath+"/new?provider=twilio-sms").body, "account or subaccount that owns the number.")

	g := b.post(t, endpointsPath+"/new", "name", "SMS", "provider", "twilio-sms", "config.account_sid", "AC1")
	require.Equal(t, http.StatusUnprocessableEntity, g.status)
	require.Contains(t, g.body, `id="e-config.auth_token"`)
	require.Contains(t, g.body, `value="AC1"`, "what was typed stays")

	g = b.post(t, endpointsPath+"/new", "name", "SMS", "provider", "twilio-sms", "config.account_sid", "AC1", "config.auth_token", "very-secret")
	require.Equal(t, http.StatusOK, g.status, g.body)
	e := s.only(t)
	require.Contains(t, g.body, "The endpoint is ready")
	require.GreaterOrEqual(t, strings.Count(g.body, html.EscapeString(e.URL)), 2, "its steps have its own URL")
	require.NotContains(t, g.body, "hooks.example.com")
	require.NotContains(t, g.body, "$POSTHORN_URL/api", "it is made already")
	require.NotContains(t, b.get(t, endpointsPath+"/"+e.ID+"/edit").body, "very-secret")

	fields := []string{"name", "SMS", "allowlist", "", "config.account_sid", "AC2", "overlap", "0s"}
	g = b.post(t, endpointsPath+"/"+e.ID+"/edit", append(fields, "archive_segments", "on")...)
	require.Equal(t, http.StatusSeeOther, g.status, g.body)
	require.True(t, s.only(t).ArchiveSegments)
	require.Contains(t, b.get(t, endpointsPath+"/"+e.ID+"/edit").body, `name="archive_segments" value="on" checked`)
	g = b.post(t, endpointsPath+"/"+e.ID+"/edit", fields...)
	require.Equal(t, http.StatusSeeOther, g.status, g.body)
	require.False(t, s.only(t).ArchiveSegments)
	require.JSONEq(t, `{"account_sid":"AC2","auth_token":"•••"}`, string(s.only(t).ProviderConfig))
	require.Zero(t, s.only(t).FormerConfigEnds)
	fields[len(fields)-1] = "1h"
	g = b.post(t, endpointsPath+"/"+e.ID+"/edit", append(fields, "config.auth_token", "another")...)
	require.Equal(t, http.StatusSeeOther, g.status, g.body)
	require.WithinDuration(t, time.Now().Add(time.Hour), s.only(t).FormerConfigEnds, time.Minute)
}

func TestEveryProviderHasAFormAndAGuide(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := s.signedIn(t, s.tenant, hook.RoleOperator)
	for _, name := range provider.Names() {
		form := b.get(t, endpointsPath+"/new?provider="+name).body
		known, ok := provider.Lookup(name)
		require.True(t, ok)
		for _, setting := range known.Settings() {
			if setting.Required && len(setting.Choices) != 1 {
				require.Contains(t, form, `name="config.`+setting.Name+`"`, name)
			}
		}
		guide := b.get(t, "/portal/settings/webhooks/providers/"+name)
		require.Equal(t, http.StatusOK, guide.status)
		require.NotContains(t, guide.body, "HTML omitted", name)
		for _, to := range links(guide.body) {
			if strings.HasPrefix(to, "/") {
				require.Equal(t, http.StatusOK, b.get(t, to).status, "%s leads to %s", name, to)
			} else {
				require.Regexp(t, "^(https?://|#)", to, name)
			}
		}
	}
	require.Equal(t, http.StatusNotFound, b.get(t, "/portal/settings/webhooks/providers/nobody").status)
}

// links are where a page's links lead to.
func links(page string) (list []string) {
	_, page, _ = strings.Cut(page, "<main")
	for _, part := range strings.Split(page, `href="`)[1:] {
		to, _, _ := strings.Cut(part, `"`)
		list = append(list, html.UnescapeString(to))
	}
	return list
}

// refused waits for an endpoint's refused requests, the newest first.
func (s *site) refused(t *testing.T, e client.Endpoint, count int) (list []client.RefusedRequest) {
	t.Helper()
	require.Eventually(t, func() bool {
		got, err := s.api.Refused(s.as(t), e.ID)
		list = got.Last
		return err == nil && len(list) == count
	}, 20*time.Second, 20*time.Millisecond)
	return list
}

// twilioSignature is the header that Twilio sends.
func twilioSignature(token, to string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(to))
	for _, name := range slices.Sorted(maps.Keys(form)) {
		mac.Write([]byte(name + form.Get(name)))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// mistrusted is an endpoint of Twilio's with a callback signed by "new-token".
func (s *site) mistrusted(t *testing.T) (client.Endpoint, client.RefusedRequest) {
	t.Helper()
	e, err := s.api.CreateEndpoint(s.as(t), client.EndpointSettings{
		Name: new("Twilio"), Provider: new("twilio-sms"), ProviderConfig: []byte(`{"auth_token":"right-token","account_sid":"AC1"}`),
	})
	require.NoError(t, err)
	form := url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"delivered"}, "To": {"+15550100"}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("X-Twilio-Signature", twilioSignature("new-token", e.URL, form))
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusUnauthorized, response.StatusCode)
	return e, s.refused(t, e, 1)[0]
}

func TestAFailedSignatureIsExplained(t *testing.T) {
	t.Parallel()
	s := setup(t)
	e, r := s.mistrusted(t)
	b := s.signedIn(t, s.tenant, hook.RoleAuditor)
	require.Contains(t, b.get(t, endpointsPath+"/"+e.ID).body, "/refused/"+r.ID)
	page := b.get(t, endpointsPath+"/"+e.ID+"/refused/"+r.ID).body
	require.Contains(t, page, "Why did the signature fail?")
	require.Contains(t, page, html.EscapeString(r.Explanation.Cause))
	require.Contains(t, page, html.EscapeString(e.URL), "the URL that was signed")
	require.Contains(t, page, "MessageSidSM1", "the string to sign")
	require.NotContains(t, page, "Admit it now", "an auditor changes nothing")
	require.NotContains(t, page, "right-token")
}

// foreign is an endpoint that was sent a platform's own JSON.
func (s *site) foreign(t *testing.T) client.Endpoint {
	t.Helper()
	e, err := s.api.CreateEndpoint(s.as(t), client.EndpointSettings{Name: new("Desk")})
	require.NoError(t, err)
	sender := client.NewSender(e.URL, e.Secret, client.HTTPClient(&http.Client{}))
	_, err = sender.SendRaw(t.Context(), []byte(`{"ticket":{"id":"T-7","text":"My order is late","by":"ann@example.com"}}`))
	require.Error(t, err)
	s.refused(t, e, 1)
	return e
}

// understand gives an endpoint the mapping for what it was sent.
func (s *site) understand(t *testing.T, e client.Endpoint) {
	t.Helper()
	_, err := s.api.UpdateEndpoint(s.as(t), e.ID, client.EndpointSettings{Mapping: &client.Mapping{
		ExternalID: "body.ticket.id", From: "body.ticket.by", To: `"desk@example.com"`, Body: "body.ticket.text",
	}})
	require.NoError(t, err)
}

func TestARefusedPayloadIsAdmittedOnceItsEndpointUnderstandsIt(t *testing.T) {
	t.Parallel()
	s := setup(t)
	e := s.foreign(t)
	path := endpointsPath + "/" + e.ID
	b := s.signedIn(t, s.tenant, hook.RoleOperator)
	require.Contains(t, b.get(t, path).body, "1 refused request is kept")
	one := path + "/refused/" + s.refused(t, e, 1)[0].ID
	require.Contains(t, html.UnescapeString(b.get(t, one).body), `"text":"My order is late"`)
	require.Equal(t, http.StatusUnprocessableEntity, b.post(t, one+"/readmit").status)
	require.Contains(t, b.post(t, path+"/readmit").location(), "admitted-some")

	s.understand(t, e)
	require.Contains(t, b.get(t, path).body, "body.ticket.text", "the mapping is shown")
	require.Contains(t, b.get(t, one).body, "<dd>My order is late</dd>", "what it would become")
	g := b.post(t, one+"/readmit")
	require.Equal(t, http.StatusSeeOther, g.status, g.body)
	require.Contains(t, b.get(t, g.location()).body, "My order is late")
	require.NotContains(t, b.get(t, path).body, "is kept")
	require.Contains(t, b.post(t, one+"/readmit").body, "It is still refused")
}
