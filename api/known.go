package api

import (
	"context"
	"crypto/sha256"
	"strings"
	"time"

	"posthorn/hook"
	"posthorn/provider"
)

// knownEndpoint is one with a provider's configuration.
type knownEndpoint struct {
	endpoint *hook.Endpoint
	config   *provider.Config // of a provider's
}

// endpoint returns the endpoint that a token names.
func (s *server) endpoint(ctx context.Context, token string) (knownEndpoint, error) {
	if !isToken(token) {
		return knownEndpoint{}, hook.NotFound("endpoint")
	}
	return s.endpoints.find(ctx, token, func(ctx context.Context) (found knownEndpoint, end time.Time, err error) {
		now := time.Now()
		e, err := s.Store.EndpointByToken(ctx, token)
		if err != nil {
			return found, end, err
		}
		found.endpoint = &e
		if p, ok := provider.Lookup(e.Provider); ok {
			if found.config, err = p.Config(hook.Active(e.Keys, now)); err != nil {
				return found, end, err
			}
			for _, key := range e.Keys { // a version that ends meanwhile ends in time
				if key.ExpiresAt.After(now) && (end.IsZero() || key.ExpiresAt.Before(end)) {
					end = key.ExpiresAt
				}
			}
		}
		return found, end, nil
	})
}

// key returns the API key that a secret is. It is known by its hash, so that
// the time it takes tells nothing of another one.
func (s *server) key(ctx context.Context, secret hook.Secret) (hook.APIKey, error) {
	hash := sha256.Sum256([]byte(secret.Reveal()))
	return s.keys.find(ctx, string(hash[:]), func(ctx context.Context) (k hook.APIKey, end time.Time, err error) {
		k, err = s.Store.KeyBySecret(ctx, secret)
		return k, end, err
	})
}

// isToken reports whether s has the form of a token: the database need not be
// asked for anything else, and cannot be for some of it.
func isToken(s string) bool {
	return len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}
