package envelope

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"posthorn/hook"
)

// Verify checks that a request comes from someone who knows a secret of the
// endpoint that is in force, on the body's bytes as they came over the wire.
// The verdict's Key counts those secrets from the newest. Its error is a
// *hook.Error of CodeUnauthentic, whose message says what is wrong in words
// that hold nothing of the request or of a secret; ReasonOf gives the kind.
func Verify(e *hook.Endpoint, header http.Header, body []byte, now time.Time) (hook.Verdict, error) {
	secrets := usable(e.Keys, now)
	switch e.Auth {
	case hook.AuthBearer:
		given, err := bearer(header)
		if err != nil {
			return hook.Verdict{}, err
		}
		// Sums are compared in the secrets' place: they are of one length.
		sum := sha256.Sum256([]byte(given))
		return match(e.Auth, secrets, func(secret hook.Secret) bool {
			want := sha256.Sum256([]byte(secret.Reveal()))
			return hmac.Equal(sum[:], want[:])
		})
	case hook.AuthHMAC:
		given, err := signature(header, schemeOf(e))
		if err != nil {
			return hook.Verdict{}, err
		}
		return match(e.Auth, secrets, func(secret hook.Secret) bool {
			want := sign([]byte(secret.Reveal()), body)
			return hmac.Equal(given, want[:])
		})
	case hook.AuthProvider: // package provider checks it
	}
	return hook.Verdict{}, unauthentic(ReasonNoScheme, "this endpoint has no way to check a request")
}

// match tries each secret, always all of them: how long it takes does not tell
// which one fits.
func match(mode hook.AuthMode, secrets []hook.Secret, fits func(hook.Secret) bool) (hook.Verdict, error) {
	if len(secrets) == 0 {
		return hook.Verdict{}, unauthentic(ReasonNoSecret, "this endpoint has no secret in force")
	}
	found := -1
	for i, secret := range secrets {
		if fits(secret) && found < 0 {
			found = i
		}
	}
	switch {
	case found >= 0:
		return hook.Verdict{Scheme: string(mode), Key: found}, nil
	case mode == hook.AuthBearer:
		return hook.Verdict{}, unauthentic(ReasonMismatch, "the bearer token is not a secret of this endpoint that is in force")
	}
	return hook.Verdict{}, unauthentic(ReasonMismatch,
		"the signature does not match: it was made with another secret or over other bytes")
}

// bearer reads RFC 6750's credential; the scheme's name has no case (RFC 9110,
// section 11.1) and is followed by one or more spaces.
func bearer(header http.Header) (string, error) {
	values := header.Values("Authorization")
	if len(values) == 0 {
		return "", unauthentic(ReasonMissing, "the Authorization header is missing; send Authorization: Bearer <secret>")
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	token = strings.Trim(token, " ")
	if len(values) > 1 || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", unauthentic(ReasonMalformed, "the Authorization header is malformed; send it once, as Bearer <secret>")
	}
	return token, nil
}

// schemeOf is the endpoint's scheme, what it leaves out taken from the default.
func schemeOf(e *hook.Endpoint) hook.SignatureScheme {
	s, standard := e.Signature, hook.DefaultSignature()
	if s.Header == "" {
		s.Header = standard.Header
	}
	if s.Encoding == "" {
		s.Encoding = standard.Encoding
	}
	return s
}

func signature(header http.Header, s hook.SignatureScheme) ([]byte, error) {
	values := header.Values(s.Header)
	if len(values) == 0 {
		return nil, unauthentic(ReasonMissing, "the "+s.Header+" header is missing")
	}
	text, ok := strings.CutPrefix(values[0], s.Prefix)
	if len(values) > 1 || !ok {
		message := "the " + s.Header + " header is malformed; send it once"
		if s.Prefix != "" {
			message += `, beginning with "` + s.Prefix + `"`
		}
		return nil, unauthentic(ReasonMalformed, message)
	}
	decode := hex.DecodeString
	if s.Encoding == "base64" {
		decode = base64.StdEncoding.Strict().DecodeString
	}
	sum, err := decode(text)
	if err != nil || len(sum) != sha256.Size {
		return nil, unauthentic(ReasonMalformed, "the "+s.Header+" header does not hold the "+s.Encoding+" of an HMAC-SHA256")
	}
	return sum, nil
}
