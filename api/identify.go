package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"

	"posthorn/hook"
)

// identify finds whose key it is, for the kind of key that a route takes.
func (s *server) identify(ctx context.Context, key hook.Secret, a access) (caller, error) {
	if a == byRoot {
		// Hashes are compared, so that the length of the root key shows nowhere.
		given, want := sha256.Sum256([]byte(key.Reveal())), sha256.Sum256([]byte(s.RootKey.Reveal()))
		if s.RootKey == "" || subtle.ConstantTimeCompare(given[:], want[:]) != 1 {
			return caller{}, hook.NotFound("key")
		}
		return caller{}, nil
	}
	k, err := s.key(ctx, key)
	if err != nil {
		return caller{}, err
	}
	return caller{Tenant: k.TenantID, Role: k.Role}, nil
}
