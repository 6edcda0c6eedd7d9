package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// PublicKey is an ed25519 key by which v1a signatures are checked, as a JWK
// (RFC 8037).
type PublicKey struct {
	KeyType string `json:"kty"` // OKP
	Curve   string `json:"crv"` // Ed25519
	X       string `json:"x"`   // the key, base64url
	ID      string `json:"kid"`
}

// PublicKeys lists the keys that a webhook's deliveries are signed by, or with ""
// those of all webhooks. No API key is needed for it.
func (c *Client) PublicKeys(ctx context.Context, webhook string) ([]PublicKey, error) {
	query := url.Values{}
	set(query, "webhook_id", webhook)
	response, err := c.do(ctx, http.MethodGet, "/.well-known/posthorn/jwks.json?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var list struct {
		Keys []PublicKey `json:"keys"`
	}
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil {
		return nil, fmt.Errorf("client: the public keys: %w", err)
	}
	return list.Keys, nil
}
