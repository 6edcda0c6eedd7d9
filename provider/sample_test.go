package provider

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"hash"
	"maps"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// at is when the samples are made and checked.
var at = time.Unix(1760000000, 0)

// sample is a way to sign, by the provider's side: what a secret makes of a
// request at a URL and a time.
type sample struct {
	name, provider string
	secret         string // the key of provider_config that holds the secret
	fixed          map[string]any
	sign           func(secret string, r *Request, at time.Time)
	request        Request
	headers        []string      // each of them must come
	tolerance      time.Duration // of the default; 0 where the scheme has no time
	signsURL       bool
	bodyUnsigned   bool
	noTime         bool
}

const callbackURL = "https://hooks.example.com/webhooks/incoming/p/token"

func sum(algorithm func() hash.Hash, key string, parts ...string) []byte {
	h := hmac.New(algorithm, []byte(key))
	for _, p := range parts {
		h.Write([]byte(p))
	}
	return h.Sum(nil)
}

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func sha(b []byte) []byte {
	s := sha256.Sum256(b)
	return s[:]
}

func token(algorithm func() hash.Hash, name, secret string, claims map[string]any) string {
	part := func(v any) string {
		raw, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	signed := part(map[string]any{"alg": name, "typ": "JWT"}) + "." + part(claims)
	return signed + "." + base64.RawURLEncoding.EncodeToString(sum(algorithm, secret, signed))
}

func birdClaims(r *Request, at time.Time) map[string]any {
	c := map[string]any{
		"iss": "MessageBird", "nbf": at.Unix(), "exp": at.Unix() + 60, "jti": "j1", "url_hash": hex.EncodeToString(sha([]byte(r.URL))),
	}
	if len(r.Body) > 0 {
		c["payload_hash"] = hex.EncodeToString(sha(r.Body))
	}
	return c
}

func vonageClaims(r *Request, at time.Time) map[string]any {
	return map[string]any{"iss": "Vonage", "iat": at.Unix(), "jti": "j1", "payload_hash": hex.EncodeToString(sha(r.Body))}
}

func post(contentType, body string) Request {
	return Request{Method: http.MethodPost, URL: callbackURL, Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body)}
}

// samples are all schemes that have a shared secret.
func samples() []sample {
	jsonCallback, formCallback := post("application/json", `{"a":"é","b":1}`), post("application/x-www-form-urlencoded", "b=2&a=1&empty=&a=0")
	basic := func(secret string, r *Request, _ time.Time) {
		r.Header.Set("Authorization", "Basic "+b64([]byte("user:"+secret)))
	}
	static := func(secret string, r *Request, _ time.Time) { r.Header.Set("X-Hook-Token", secret) }
	user, header := map[string]any{"username": "user"}, map[string]any{"header": "X-Hook-Token"}
	var all []sample
	for _, p := range []string{"postmark", "postmark-inbound", "gupshup", "email", "sendgrid-inbound"} {
		all = append(all, sample{name: p + " basic", provider: p, secret: "password", fixed: user, sign: basic, request: jsonCallback, headers: []string{"Authorization"}, bodyUnsigned: true, noTime: true})
		if p != "sendgrid-inbound" {
			all = append(all, sample{name: p + " header", provider: p, secret: "value", fixed: header, sign: static, request: jsonCallback, headers: []string{"X-Hook-Token"}, bodyUnsigned: true, noTime: true})
		}
	}
	for _, p := range []string{"twilio-sms", "twilio-whatsapp"} {
		all = append(all, sample{name: p, provider: p, secret: "auth_token", request: formCallback, headers: []string{"X-Twilio-Signature"}, signsURL: true, noTime: true,
			sign: func(secret string, r *Request, _ time.Time) {
				r.Header.Set("X-Twilio-Signature", b64(sum(sha1.New, secret, r.URL, "a0", "a1", "b2", "empty")))
			}})
	}
	return append(all,
		sample{name: "mailgun", provider: "mailgun", secret: "signing_key", request: jsonCallback, tolerance: 12 * time.Hour, bodyUnsigned: true,
			sign: func(secret string, r *Request, at time.Time) {
				stamp, nonce := strconv.FormatInt(at.Unix(), 10), "0123456789012345678901234567890123456789abcdefghij"
				r.Body = encode(map[string]any{"signature": map[string]string{
					"timestamp": stamp, "token": nonce, "signature": hex.EncodeToString(sum(sha256.New, secret, stamp, nonce)),
				}, "event-data": map[string]any{}})
			}},
		sample{name: "mailgun-inbound", provider: "mailgun-inbound", secret: "signing_key", request: formCallback, tolerance: 12 * time.Hour, bodyUnsigned: true,
			sign: func(secret string, r *Request, at time.Time) {
				stamp := strconv.FormatInt(at.Unix(), 10)
				r.Body = []byte("token=abc&timestamp=" + stamp + "&signature=" + hex.EncodeToString(sum(sha256.New, secret, stamp, "abc")))
			}},
		sample{name: "meta", provider: "meta", secret: "app_secret", fixed: map[string]any{"verify_token": "v"}, request: jsonCallback, headers: []string{"X-Hub-Signature-256"}, noTime: true,
			sign: func(secret string, r *Request, _ time.Time) {
				r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(sum(sha256.New, secret, string(r.Body))))
			}},
		sample{name: "messagebird-jwt", provider: "messagebird", secret: "signing_key", fixed: map[string]any{"scheme": "messagebird-jwt"}, request: jsonCallback, headers: []string{"MessageBird-Signature-JWT"}, signsURL: true, tolerance: 65 * time.Second,
			sign: func(secret string, r *Request, at time.Time) {
				r.Header.Set("MessageBird-Signature-JWT", token(sha512.New384, "HS384", secret, birdClaims(r, at)))
			}},
		sample{name: "messagebird-legacy", provider: "messagebird", secret: "signing_key", fixed: map[string]any{"scheme": "messagebird-legacy"}, request: jsonCallback, headers: []string{"MessageBird-Signature", "MessageBird-Request-Timestamp"}, tolerance: 5 * time.Minute,
			sign: func(secret string, r *Request, at time.Time) {
				stamp := strconv.FormatInt(at.Unix(), 10)
				r.Header.Set("MessageBird-Request-Timestamp", stamp)
				r.Header.Set("MessageBird-Signature", b64(sum(sha256.New, secret, stamp, "\n\n", string(sha(r.Body)))))
			}},
		sample{name: "bird-hmac", provider: "messagebird", secret: "signing_key", fixed: map[string]any{"scheme": "bird-hmac"}, request: jsonCallback, headers: []string{"MessageBird-Signature", "MessageBird-Request-Timestamp"}, signsURL: true, tolerance: 5 * time.Minute,
			sign: func(secret string, r *Request, at time.Time) {
				stamp := strconv.FormatInt(at.Unix(), 10)
				r.Header.Set("MessageBird-Request-Timestamp", stamp)
				r.Header.Set("MessageBird-Signature", b64(sum(sha256.New, secret, stamp, "\n", r.URL, "\n", string(sha(r.Body)))))
			}},
		sample{name: "standard-webhooks", provider: "messagebird", secret: "secret", fixed: map[string]any{"scheme": "standard-webhooks"}, request: jsonCallback, headers: []string{"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"}, tolerance: 5 * time.Minute,
			sign: func(secret string, r *Request, at time.Time) {
				key, _ := base64.StdEncoding.DecodeString(secret[len("whsec_"):])
				stamp := strconv.FormatInt(at.Unix(), 10)
				r.Header.Set("Webhook-Id", "m1")
				r.Header.Set("Webhook-Timestamp", stamp)
				r.Header.Set("Webhook-Signature", "v1a,AAAA v1,AAAA v1,"+b64(sum(sha256.New, string(key), "m1.", stamp, ".", string(r.Body))))
			}},
		sample{name: "vonage-jwt", provider: "vonage", secret: "signature_secret", fixed: map[string]any{"scheme": "vonage-jwt"}, request: jsonCallback, headers: []string{"Authorization"}, tolerance: 24 * time.Hour,
			sign: func(secret string, r *Request, at time.Time) {
				r.Header.Set("Authorization", "Bearer "+token(sha256.New, "HS256", secret, vonageClaims(r, at)))
			}},
		vonageSample("md5hash", nil), vonageSample("md5", md5.New), vonageSample("sha1", sha1.New),
		vonageSample("sha256", sha256.New), vonageSample("sha512", sha512.New),
		plivoSample("V2", "", post("application/x-www-form-urlencoded", "a=1"), callbackURL),
		plivoSample("Ma-V2", "", post("application/x-www-form-urlencoded", "a=1"), callbackURL),
		plivoSample("V3", "", formCallback, callbackURL+"?a0a1b2empty."),
		plivoSample("Ma-V3", "?z=%C3%A9&y=1", formCallback, callbackURL+"?y=1&z=é.a0a1b2empty."),
	)
}

func vonageSample(algorithm string, h func() hash.Hash) sample {
	return sample{name: "vonage-sig " + algorithm, provider: "vonage", secret: "signature_secret", tolerance: 24 * time.Hour,
		fixed: map[string]any{"scheme": "vonage-sig", "algorithm": algorithm}, request: post("application/x-www-form-urlencoded", ""),
		sign: func(secret string, r *Request, at time.Time) {
			stamp := strconv.FormatInt(at.Unix(), 10)
			signed := "&client-ref=a_b_c&nonce=n&timestamp=" + stamp
			var signature []byte
			if h == nil {
				s := md5.Sum([]byte(signed + secret))
				signature = s[:]
			} else {
				signature = sum(h, secret, signed)
			}
			r.Body = []byte("nonce=n&timestamp=" + stamp + "&sig=" + hex.EncodeToString(signature) + "&client-ref=a%26b%3Dc")
		}}
}

func plivoSample(version, query string, r Request, signed string) sample {
	name := "X-Plivo-Signature-"
	nonce := name + version[len(version)-2:] + "-Nonce"
	r.URL += query
	return sample{name: "plivo " + version, provider: "plivo", secret: "auth_token", request: r, headers: []string{name + version, nonce},
		signsURL: true, noTime: true, bodyUnsigned: version[len(version)-2:] == "V2",
		sign: func(secret string, r *Request, _ time.Time) {
			r.Header.Set(nonce, "n1")
			r.Header.Set(name+version, "AAAA, "+b64(sum(sha256.New, secret, signed, "n1")))
		}}
}

func (s *sample) with(secret string) map[string]any {
	fields := map[string]any{s.secret: secret}
	maps.Copy(fields, s.fixed)
	return fields
}

// signed is the sample's request, signed with a secret at a time.
func (s *sample) signed(secret string, at time.Time) *Request {
	r := s.request
	r.Header = r.Header.Clone()
	s.sign(secret, &r, at)
	return &r
}

func (s *sample) verify(t testing.TB, r *Request, versions ...map[string]any) Verdict {
	t.Helper()
	return lookup(t, s.provider).Verify(t.Context(), r, configOf(t, s.provider, versions...), at, noFetch)
}

// sendgridKey is a key pair, the public half as SendGrid shows it.
func sendgridKey(t testing.TB) (*ecdsa.PrivateKey, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	return key, b64(der)
}

func sendgridSigned(t testing.TB, key *ecdsa.PrivateKey, r Request, at time.Time) *Request {
	t.Helper()
	stamp := strconv.FormatInt(at.Unix(), 10)
	signature, err := ecdsa.SignASN1(rand.Reader, key, sha(append([]byte(stamp), r.Body...)))
	require.NoError(t, err)
	r.Header = r.Header.Clone()
	r.Header.Set("X-Twilio-Email-Event-Webhook-Timestamp", stamp)
	r.Header.Set("X-Twilio-Email-Event-Webhook-Signature", b64(signature))
	return &r
}
