package simulate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Config is a provider_config as far as signing needs it. Its JSON is what
// makes an endpoint.
type Config struct {
	Scheme          string            `json:"scheme,omitempty"`
	PublicKey       string            `json:"public_key,omitempty"`
	SigningKey      string            `json:"signing_key,omitempty"`
	Secret          string            `json:"secret,omitempty"`
	Username        string            `json:"username,omitempty"`
	Password        string            `json:"password,omitempty"`
	Header          string            `json:"header,omitempty"`
	Value           string            `json:"value,omitempty"`
	AuthToken       string            `json:"auth_token,omitempty"`
	AppSecret       string            `json:"app_secret,omitempty"`
	VerifyToken     string            `json:"verify_token,omitempty"`
	SignatureSecret string            `json:"signature_secret,omitempty"`
	Algorithm       string            `json:"algorithm,omitempty"`
	TopicARNs       []string          `json:"topic_arns,omitempty"`
	Certificates    map[string]string `json:"certs,omitempty"`
}

// The schemes that are named here more than once.
const (
	basicAuth     = "basic-auth"
	staticHeader  = "static-header"
	sendgridECDSA = "sendgrid-ecdsa"
	mailgunHMAC   = "mailgun-hmac"
	twilioSHA1    = "twilio-sha1"
	metaHMAC      = "meta-hmac-sha256"
	birdJWT       = "messagebird-jwt"
	birdLegacy    = "messagebird-legacy"
	birdHMAC      = "bird-hmac"
	birdStandard  = "standard-webhooks"
	snsScheme     = "sns"
	vonageJWT     = "vonage-jwt"
	vonageSig     = "vonage-sig"
	plivoV2       = "plivo-v2"
	plivoV3       = "plivo-v3"
)

// simulatedTopic is the SNS topic of an endpoint of ses that is made here.
const simulatedTopic = "arn:aws:sns:us-east-1:123456789012:posthorn-simulate"

// Generate makes the configuration of an endpoint to be made, by a scheme ("":
// the provider's first), and the target of its callbacks but for the URL. All
// secrets come from the seed, 16 bytes of chance or more: the same seed gives
// the same ones. The certificate of ses does not: see Certificate.
func Generate(provider, scheme string, seed []byte) (Target, error) {
	s, err := lookup(provider)
	if err != nil {
		return Target{}, err
	}
	if scheme == "" {
		scheme = s.schemes[0]
	}
	if !slices.Contains(s.schemes, scheme) {
		return Target{}, fmt.Errorf("%s has no scheme %q: choose one of %s", provider, scheme, strings.Join(s.schemes, ", "))
	}
	secret := func(name string) string {
		return hex.EncodeToString(derive(seed, provider, scheme, name))
	}
	c := Config{}
	if len(s.schemes) > 1 {
		c.Scheme = scheme
	}
	t := Target{}
	switch scheme {
	case sendgridECDSA:
		key := deriveECDSA(seed, provider)
		der, err := x509.MarshalPKIXPublicKey(key.Public())
		if err != nil {
			return Target{}, err
		}
		c.PublicKey, t.Key = base64.StdEncoding.EncodeToString(der), key
	case mailgunHMAC, birdJWT, birdLegacy, birdHMAC:
		c.SigningKey = secret("signing_key")
	case birdStandard:
		c.Secret = "whsec_" + base64.StdEncoding.EncodeToString(derive(seed, provider, scheme, "secret"))
	case basicAuth:
		c.Username, c.Password = "simulate", secret("password")
	case staticHeader:
		c.Header, c.Value = "X-Simulate-Token", secret("value")
	case twilioSHA1, plivoV2, plivoV3:
		c.AuthToken = secret("auth_token")
	case metaHMAC:
		c.AppSecret, c.VerifyToken = secret("app_secret"), secret("verify_token")
	case vonageSig:
		c.Algorithm = "sha256"
		fallthrough
	case vonageJWT:
		c.SignatureSecret = secret("signature_secret")
	case snsScheme:
		c.TopicARNs = []string{simulatedTopic}
	}
	t.Config = c
	return t, nil
}

// derive makes 32 bytes of a seed, others for each purpose.
func derive(seed []byte, purpose ...string) []byte {
	return mac(sha256.New, string(seed), "posthorn simulate\x00"+strings.Join(purpose, "\x00"))
}

// deriveECDSA makes a key on P-256. All but one number in 2^32 are one.
func deriveECDSA(seed []byte, provider string) *ecdsa.PrivateKey {
	for n := byte('0'); ; n++ {
		if key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), derive(seed, provider, "ecdsa", string(n))); err == nil {
			return key
		}
	}
}
