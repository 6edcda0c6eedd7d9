package hook

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"time"
)

// Signature is a scheme of Standard Webhooks by which deliveries are signed.
type Signature string

// The schemes. HMAC has a secret that both sides know; of ed25519 the receiver
// knows the public key alone, and can sign nothing with it.
const (
	SignatureHMAC    Signature = "v1"
	SignatureEd25519 Signature = "v1a"
)

// Prefixes of ed25519 keys in text (Standard Webhooks).
const (
	privatePrefix = "whsk_" // then the base64 of 64 bytes: seed and public key
	publicPrefix  = "whpk_" // then the base64 of 32 bytes
)

// NewSigningKey makes the private half of an ed25519 key pair.
func NewSigningKey() Secret {
	return Secret(privatePrefix + base64.StdEncoding.EncodeToString(ed25519.NewKeyFromSeed(random(ed25519.SeedSize))))
}

// PrivateKey reads the private half of a key pair. It is nil where the secret
// is none.
func (s Secret) PrivateKey() ed25519.PrivateKey {
	text, ok := strings.CutPrefix(s.Reveal(), privatePrefix)
	raw, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(raw) != ed25519.PrivateKeySize {
		return nil
	}
	return raw
}

// PublicKey is the half of a webhook's key pair that anybody may know.
type PublicKey struct {
	Key       ed25519.PublicKey
	ExpiresAt time.Time // zero: it does not expire
}

// ID is the key's name in a JWK set: its thumbprint (RFC 7638, and RFC 8037,
// appendix A.3).
func (k PublicKey) ID() string {
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + k.X() + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// X is the key as a JWK has it (RFC 8037).
func (k PublicKey) X() string { return base64.RawURLEncoding.EncodeToString(k.Key) }

// String is the key as Standard Webhooks writes it.
func (k PublicKey) String() string { return publicPrefix + base64.StdEncoding.EncodeToString(k.Key) }

// PublicKeys are the public halves of the webhook's key pairs, newest first.
func (w *Webhook) PublicKeys() []PublicKey {
	var list []PublicKey
	for _, k := range w.SigningKeys {
		if private := k.Secret.PrivateKey(); private != nil {
			list = append(list, PublicKey{Key: private.Public().(ed25519.PublicKey), ExpiresAt: k.ExpiresAt})
		}
	}
	return list
}

// Signatures are the schemes by which the webhook's deliveries are signed: it
// has a secret, or a key pair, or both, or neither.
func (w *Webhook) Signatures() []Signature {
	list := []Signature{}
	if len(w.Keys) > 0 {
		list = append(list, SignatureHMAC)
	}
	if len(w.SigningKeys) > 0 {
		list = append(list, SignatureEd25519)
	}
	return list
}

// SetSignatures gives the webhook what it needs to sign by these schemes and no
// others. What it has for one of them it keeps; what it has for another is
// forgotten. A secret that is made now is returned.
func (w *Webhook) SetSignatures(wanted []Signature) (made Secret) {
	switch wants := slices.Contains(wanted, SignatureHMAC); {
	case !wants:
		w.Keys = nil
	case len(w.Keys) == 0:
		made = NewWebhookSecret()
		w.Keys = []Key{{Secret: made}}
	}
	switch wants := slices.Contains(wanted, SignatureEd25519); {
	case !wants:
		w.SigningKeys = nil
	case len(w.SigningKeys) == 0:
		w.SigningKeys = []Key{{Secret: NewSigningKey()}}
	}
	return made
}
