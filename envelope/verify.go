package envelope

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
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
		scheme := schemeOf(e)
		given, err := signature(header, scheme)
		if err != nil {
			return hook.Verdict{}, err
		}
		parts := scheme.Parts(given.timestamp, body)
		verdict, err := match(e.Auth, secrets, func(secret hook.Secret) bool {
			want, fits := sign([]byte(secret.Reveal()), parts...), 0
			for _, sum := range given.sums {
				fits |= subtle.ConstantTimeCompare(sum, want[:])
			}
			return fits == 1
		})
		if err == nil && scheme.Timestamped() {
			err = checkAge(given.timestamp, scheme, now)
		}
		if err != nil {
			return hook.Verdict{}, err
		}
		return verdict, nil
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
