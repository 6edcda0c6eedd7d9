package test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/client"
	"posthorn/gateway"
	"posthorn/simulate"
)

// standIn is a server on this machine that answers for the hosts of providers;
// the option makes a gateway take it for them.
func standIn(t *testing.T, handler http.Handler, hosts ...string) gateway.Option {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: hosts, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	authorities, routes := x509.NewCertPool(), map[string]string{}
	authorities.AddCert(certificate)
	for _, host := range hosts {
		routes[host+":443"] = server.Listener.Addr().String()
	}
	return gateway.WithRoutes(routes, authorities)
}

// sets changes the provider_config of an endpoint.
func (g *gate) sets(t *testing.T, p *provider, change string) {
	t.Helper()
	_, err := g.client.UpdateEndpoint(t.Context(), p.endpoint.ID, client.EndpointSettings{ProviderConfig: json.RawMessage(change)})
	require.NoError(t, err)
}

func (g *gate) requireFetched(t *testing.T, p *provider) {
	t.Helper()
	m := g.message(t, p.endpoint.ID)
	require.Len(t, m.Attachments, 1)
	require.Empty(t, m.Attachments[0].Failed)
	require.Equal(t, sum([]byte(fetched)), m.Attachments[0].SHA256)
	file, err := g.client.MessageAttachment(t.Context(), m.ID, 0)
	require.NoError(t, err)
	defer file.Body.Close()
	content, err := io.ReadAll(file.Body)
	require.NoError(t, err)
	require.Equal(t, fetched, string(content))
}

func TestMediaThatMetaNamesByAnIDAreFetchedWithTheToken(t *testing.T) {
	t.Parallel()
	const graph, files = "graph.facebook.com", "lookaside.fbsbx.com"
	g := startWith(t, []gateway.Option{standIn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer token-of-a-system-user":
			w.WriteHeader(http.StatusUnauthorized)
		case r.Host == graph:
			_ = json.NewEncoder(w).Encode(map[string]string{"url": "https://" + files + "/attachments/?mid=1", "mime_type": "image/png"})
		case r.Host == files && r.URL.Path == "/attachments/":
			_, _ = io.WriteString(w, fetched)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}), graph, files)})
	p := g.provider(t, "meta")
	g.sets(t, p, `{"access_token":"token-of-a-system-user"}`)
	p.send(t, "media")
	g.requireFetched(t, p)
}

func TestTwilioPassesOnToTheFileWhichSeesNoCredentials(t *testing.T) {
	t.Parallel()
	const api, files = "api.twilio.com", "mms.twiliocdn.com"
	g := startWith(t, []gateway.Option{standIn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _, isBasic := r.BasicAuth()
		switch {
		case r.Host == api && user == "AC1":
			http.Redirect(w, r, "https://"+files+"/AC1/picture", http.StatusTemporaryRedirect)
		case r.Host == files && !isBasic:
			_, _ = io.WriteString(w, fetched)
		default:
			w.WriteHeader(http.StatusForbidden)
		}
	}), api, files)})
	for _, name := range []string{"twilio-sms", "twilio-whatsapp"} {
		p := g.provider(t, name)
		g.sets(t, p, `{"account_sid":"AC1"}`)
		p.target.MediaURL = "https://" + api + "/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"
		p.send(t, "media")
		g.requireFetched(t, p)
	}
}

func TestASubscriptionOfSNSIsCheckedAndConfirmedAtAmazon(t *testing.T) {
	t.Parallel()
	const host = "sns.us-east-1.amazonaws.com"
	certificate, err := simulate.NewCertificate()
	require.NoError(t, err)
	require.Contains(t, certificate.URL, "https://"+host+"/")
	confirmed := make(chan string, 10)
	g := startWith(t, []gateway.Option{standIn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if "https://"+r.Host+r.URL.Path == certificate.URL {
			_, _ = io.WriteString(w, certificate.PEM)
			return
		}
		confirmed <- r.URL.Query().Get("Action")
	}), host)})
	p := g.provider(t, "ses")
	g.sets(t, p, `{"certs":null}`)
	p.target.Key, p.target.CertificateURL = certificate.Key, certificate.URL
	c := p.send(t, "confirmation")
	p.resend(t, c)
	g.message(t, p.endpoint.ID)
	require.Equal(t, "ConfirmSubscription", <-confirmed)
	require.Empty(t, confirmed, "once")
}
