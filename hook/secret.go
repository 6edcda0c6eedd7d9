package hook

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Secret is a credential. It prints as dots wherever it is formatted, logged
// or marshalled by mistake; Reveal gives the value where it is meant.
type Secret string

// Reveal returns the secret's value.
func (s Secret) Reveal() string { return string(s) }

const masked = "•••"

func (s Secret) String() string               { return masked }
func (s Secret) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, masked) } // by every verb, %d too
func (s Secret) LogValue() slog.Value         { return slog.StringValue(masked) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// Key is a secret in force: during a rotation with overlap there are two.
type Key struct {
	Secret    Secret
	ExpiresAt time.Time // zero: it does not expire
}

// Active returns the secrets that are in force at a time, newest first.
func Active(keys []Key, now time.Time) []Secret {
	var active []Secret
	for _, k := range keys {
		if k.ExpiresAt.IsZero() || now.Before(k.ExpiresAt) {
			active = append(active, k.Secret)
		}
	}
	return active
}

// NewWebhookSecret makes a webhook's secret: "whsec_" and the padded standard
// base64 of 32 random bytes (Standard Webhooks).
func NewWebhookSecret() Secret {
	return Secret("whsec_" + base64.StdEncoding.EncodeToString(random(32)))
}

// NewEndpointSecret makes an inbound endpoint's secret (256 bits).
func NewEndpointSecret() Secret {
	return Secret("phs_" + base64.RawURLEncoding.EncodeToString(random(32)))
}

// NewToken makes an endpoint's token: 160 random bits, URL-safe.
func NewToken() string { return base64.RawURLEncoding.EncodeToString(random(20)) }

// NewAPIKey makes a key of the management API (256 bits).
func NewAPIKey() Secret {
	return Secret("phk_" + base64.RawURLEncoding.EncodeToString(random(32)))
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return b
}
