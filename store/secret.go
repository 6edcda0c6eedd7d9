package store

import (
	"encoding/json"
	"fmt"
	"time"

	"posthorn/hook"
)

// sealedKey is how a hook.Key lies inside an encrypted column.
type sealedKey struct {
	Secret    string    `json:"secret"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

// place names an encrypted column of a tenant's row; what was sealed for one
// place does not open in another.
func place(table string, tenant, id hook.ID, column string) string {
	return table + "/" + tenant.String() + "/" + id.String() + "/" + column
}

func (s *Store) sealKeys(keys []hook.Key, place string) ([]byte, error) {
	plain := make([]sealedKey, len(keys))
	for i, k := range keys {
		plain[i] = sealedKey{Secret: k.Secret.Reveal(), ExpiresAt: k.ExpiresAt}
	}
	return s.seal(plain, place)
}

func (s *Store) openKeys(sealed []byte, place string) ([]hook.Key, error) {
	var plain []sealedKey
	if err := s.open(sealed, place, &plain); err != nil {
		return nil, err
	}
	keys := make([]hook.Key, len(plain))
	for i, k := range plain {
		keys[i] = hook.Key{Secret: hook.Secret(k.Secret), ExpiresAt: k.ExpiresAt}
	}
	return keys, nil
}

func (s *Store) seal(value any, place string) ([]byte, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("store: seal %s: %w", place, err)
	}
	sealed, err := s.keys.Seal(plain, place)
	if err != nil {
		return nil, fmt.Errorf("store: seal %s: %w", place, err)
	}
	return sealed, nil
}

func (s *Store) open(sealed []byte, place string, value any) error {
	plain, err := s.keys.Open(sealed, place)
	if err != nil {
		return fmt.Errorf("store: %s does not open with this keyset: %w", place, err)
	}
	return json.Unmarshal(plain, value)
}
