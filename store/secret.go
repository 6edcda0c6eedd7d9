package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"posthorn/hook"
)

// sealedKey is how a hook.Key lies inside an encrypted column.
type sealedKey struct {
	Secret    string    `json:"secret"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Private   bool      `json:"private,omitempty"` // half of a webhook's key pair
}

// place names an encrypted column of a tenant's row; what was sealed for one
// place does not open in another.
func place(table string, tenant, id hook.ID, column string) string {
	return table + "/" + tenant.String() + "/" + id.String() + "/" + column
}

func (s *Store) sealKeys(secrets, private []hook.Key, place string) ([]byte, error) {
	plain := make([]sealedKey, 0, len(secrets)+len(private))
	for i, k := range slices.Concat(secrets, private) {
		plain = append(plain, sealedKey{Secret: k.Secret.Reveal(), ExpiresAt: k.ExpiresAt, Private: i >= len(secrets)})
	}
	return s.seal(plain, place)
}

func (s *Store) openKeys(sealed []byte, place string) (secrets, private []hook.Key, err error) {
	var plain []sealedKey
	if err := s.open(sealed, place, &plain); err != nil {
		return nil, nil, err
	}
	secrets = make([]hook.Key, 0, len(plain))
	for _, k := range plain {
		key := hook.Key{Secret: hook.Secret(k.Secret), ExpiresAt: k.ExpiresAt}
		if k.Private {
			private = append(private, key)
		} else {
			secrets = append(secrets, key)
		}
	}
	return secrets, private, nil
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
