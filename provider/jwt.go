package provider

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"hash"
	"math"
	"strings"
	"time"
)

// claims are those of a JSON Web Token that its signature vouches for.
type claims map[string]any

// The algorithms by their names in RFC 7518.
var (
	onlyHS256 = map[string]func() hash.Hash{"HS256": sha256.New}
	anyHS     = map[string]func() hash.Hash{"HS256": sha256.New, "HS384": sha512.New384, "HS512": sha512.New}
)

// parseJWT checks a token in compact form (RFC 7515) with a shared secret. The
// algorithm must be one of those given: the token does not decide.
func parseJWT(token, key string, algorithms map[string]func() hash.Hash) (claims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(token) > 16<<10 {
		return nil, refuse(ReasonMalformed, "the token is not a JSON Web Token")
	}
	var header struct {
		Algorithm string          `json:"alg"`
		Critical  json.RawMessage `json:"crit"`
	}
	if err := decodePart(parts[0], &header); err != nil {
		return nil, err
	}
	algorithm, ok := algorithms[header.Algorithm]
	if !ok || header.Critical != nil {
		return nil, refuse(ReasonAlgorithm, "the token is signed in a way that is not accepted")
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil {
		return nil, refuse(ReasonMalformed, "the token's signature is not base64url")
	}
	signed := token[:len(token)-len(parts[2])-1]
	if !hmac.Equal(signature, mac(algorithm, key, []byte(signed))) {
		return nil, mismatch(signed)
	}
	var c claims
	if err := decodePart(parts[1], &c); err != nil {
		return nil, err
	}
	return c, nil
}

func decodePart(part string, into any) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		return refuse(ReasonMalformed, "the token is not a JSON Web Token")
	}
	return nil
}

func (c claims) text(name string) string {
	s, _ := c[name].(string)
	return s
}

// time reads a NumericDate (RFC 7519); a fraction is cut off.
func (c claims) time(name string) (at time.Time, present bool, err error) {
	value, present := c[name]
	if !present {
		return time.Time{}, false, nil
	}
	n, ok := value.(float64)
	if !ok || math.IsNaN(n) || math.Abs(n) > 1e12 {
		return time.Time{}, true, refuse(ReasonMalformed, "the claim "+name+" is not a time")
	}
	return time.Unix(int64(math.Floor(n)), 0), true, nil
}

// hashIs checks that a claim is the SHA-256 of some bytes, in hex.
func (c claims) hashIs(name string, content []byte) bool {
	sum := sha256.Sum256(content)
	return sameHex(c.text(name), sum[:])
}
