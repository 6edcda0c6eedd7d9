package envelope

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"posthorn/hook"
)

// whsec opens a secret that carries its key in base64 (Standard Webhooks).
const whsec = "whsec_"

// sha256Prefix opens the value of the X-…-Signature headers.
const sha256Prefix = "sha256="

// plainSignature is the value of the X-…-Signature headers. Its key is the
// whole text of the secret, prefix included.
func plainSignature(secret hook.Secret, body []byte) string {
	sum := sign([]byte(secret.Reveal()), body)
	out := make([]byte, len(sha256Prefix), len(sha256Prefix)+hex.EncodedLen(len(sum)))
	copy(out, sha256Prefix)
	return string(hex.AppendEncode(out, sum[:]))
}

// standardSignatures is the value of webhook-signature: one for each secret and
// then one for each key pair, the newest first, over id, timestamp and body
// (Standard Webhooks, "Signature scheme").
func standardSignatures(secrets, pairs []hook.Secret, id, timestamp string, body []byte) string {
	const symmetric, asymmetric = "v1,", "v1a,"
	signed := []byte(id + "." + timestamp + ".")
	out := make([]byte, 0, len(secrets)*(len(symmetric)+base64.StdEncoding.EncodedLen(sha256.Size)+1)+
		len(pairs)*(len(asymmetric)+base64.StdEncoding.EncodedLen(ed25519.SignatureSize)+1))
	for _, secret := range secrets {
		sum := sign(standardKey(secret), signed, body)
		out = append(out, symmetric...)
		out = append(base64.StdEncoding.AppendEncode(out, sum[:]), ' ')
	}
	whole := signed
	if len(pairs) > 0 {
		whole = slices.Concat(signed, body)
	}
	for _, pair := range pairs {
		private := pair.PrivateKey()
		if private == nil {
			continue
		}
		out = append(out, asymmetric...)
		out = append(base64.StdEncoding.AppendEncode(out, ed25519.Sign(private, whole)), ' ')
	}
	return string(bytes.TrimSuffix(out, []byte{' '}))
}

// standardKey is the key of a Standard Webhooks signature: what the padded
// base64 after "whsec_" stands for, or the bytes of the whole secret where
// there is no such prefix or no base64 behind it.
func standardKey(secret hook.Secret) []byte {
	text, prefixed := strings.CutPrefix(secret.Reveal(), whsec)
	if key, err := base64.StdEncoding.DecodeString(text); prefixed && err == nil && len(key) > 0 {
		return key
	}
	return []byte(secret.Reveal())
}

func sign(key []byte, parts ...[]byte) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, key)
	for _, part := range parts {
		mac.Write(part)
	}
	mac.Sum(sum[:0])
	return sum
}
