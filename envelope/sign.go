package envelope

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
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

// standardSignatures is the value of webhook-signature: one for each secret,
// the newest first, over id, timestamp and body (Standard Webhooks,
// "Signature scheme").
func standardSignatures(secrets []hook.Secret, id, timestamp string, body []byte) string {
	const version = "v1,"
	signed := []byte(id + "." + timestamp + ".")
	out := make([]byte, 0, len(secrets)*(len(version)+base64.StdEncoding.EncodedLen(sha256.Size)+1))
	for i, secret := range secrets {
		if i > 0 {
			out = append(out, ' ')
		}
		sum := sign(standardKey(secret), signed, body)
		out = append(out, version...)
		out = base64.StdEncoding.AppendEncode(out, sum[:])
	}
	return string(out)
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
