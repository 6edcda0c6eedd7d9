package dashboard_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"

	"posthorn/dashboard"
	"posthorn/dashboard/sso"
)

// issuerKey signs ID tokens.
var issuerKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// issuer is an OpenID Connect provider: discovery, authorization with PKCE,
// tokens signed with RS256, userinfo. Everybody signs in as claims.
type issuer struct {
	*httptest.Server
	signer jose.Signer
	claims map[string]any // of the ID token, over those of every token
	info   map[string]any // of userinfo
	grants map[string]url.Values
}

const clientSecret = "the client's secret"

func openIssuer(t testing.TB) *issuer {
	t.Helper()
	key, err := issuerKey()
	require.NoError(t, err)
	i := &issuer{grants: map[string]url.Values{}}
	i.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil)
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{
			"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
			"userinfo_endpoint": i.URL + "/userinfo", "id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("GET /authorize", i.authorize)
	mux.HandleFunc("POST /token", i.token)
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, _ *http.Request) { answer(w, i.info) })
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}

// trusted is the dashboard's configuration for this issuer.
func (i *issuer) trusted(c *dashboard.Config) {
	c.OIDC = sso.Config{Issuer: i.URL, ClientID: "posthorn", ClientSecret: clientSecret}
}

func (i *issuer) authorize(w http.ResponseWriter, r *http.Request) {
	asked := r.URL.Query()
	code := rand.Text()
	i.grants[code] = asked
	back, err := url.Parse(asked.Get("redirect_uri"))
	if err != nil || asked.Get("response_type") != "code" || asked.Get("client_id") != "posthorn" || asked.Get("code_challenge_method") != "S256" {
		http.Error(w, "invalid_request", http.StatusBadRequest)
		return
	}
	back.RawQuery = url.Values{"code": {code}, "state": {asked.Get("state")}}.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	asked, known := i.grants[r.PostFormValue("code")]
	delete(i.grants, r.PostFormValue("code"))
	_, secret, _ := r.BasicAuth()
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !known || base64.RawURLEncoding.EncodeToString(challenge[:]) != asked.Get("code_challenge") ||
		r.PostFormValue("redirect_uri") != asked.Get("redirect_uri") ||
		subtle.ConstantTimeCompare([]byte(secret), []byte(url.QueryEscape(clientSecret))) != 1 {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	said := map[string]any{
		"iss": i.URL, "aud": "posthorn", "sub": "1", "nonce": asked.Get("nonce"), "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
	}
	maps.Copy(said, i.claims)
	id, err := jwt.Signed(i.signer).Claims(said).Serialize()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, map[string]any{"access_token": "access", "token_type": "Bearer", "expires_in": 60, "id_token": id})
}

// sso begins a single sign-on and goes to the provider; it returns the way back.
func (b *browser) sso(t testing.TB, query string) string {
	t.Helper()
	g := b.get(t, "/portal/sign-in/sso"+query)
	require.Equal(t, http.StatusSeeOther, g.status, g.body)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.location(), nil)
	require.NoError(t, err)
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	back, err := response.Location()
	require.NoError(t, err)
	return back.RequestURI()
}
