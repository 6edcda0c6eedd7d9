package simulate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"slices"
	"strings"
)

// challenge is Meta's, which another secret signs.
const challenge = "challenge"

// mac is an HMAC of texts, one after the other.
func mac(algorithm func() hash.Hash, key string, texts ...string) []byte {
	h := hmac.New(algorithm, []byte(key))
	for _, t := range texts {
		h.Write([]byte(t))
	}
	return h.Sum(nil)
}

func inBase64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func hashOf(content []byte) []byte {
	s := sha256.Sum256(content)
	return s[:]
}

// need says which key of provider_config is missing.
func need(name, value string) error {
	if value == "" {
		return errors.New("its provider_config has no " + name)
	}
	return nil
}

// jwt is a token in compact form (RFC 7515), by HS256.
func jwt(secret string, claims map[string]any) (string, error) {
	raw, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(raw)
	return signed + "." + encode(mac(sha256.New, secret, signed)), nil
}

func hexHash(content []byte) string { return hex.EncodeToString(hashOf(content)) }

// sorted orders pairs by key, then value.
func sorted(pairs []pair) []pair {
	return slices.SortedFunc(slices.Values(pairs), func(a, b pair) int {
		return strings.Compare(a.key+"\x00"+a.value, b.key+"\x00"+b.value)
	})
}

// signCredentials is how those authenticate that do not sign.
func signCredentials(d *draft) error {
	if d.scheme == staticHeader {
		d.header.Set(d.Config.Header, d.Config.Value)
		return errors.Join(need("header", d.Config.Header), need("value", d.Config.Value))
	}
	d.header.Set("Authorization", "Basic "+inBase64([]byte(d.Config.Username+":"+d.Config.Password)))
	return errors.Join(need("username", d.Config.Username), need("password", d.Config.Password))
}

func credentialSecret(scheme string) string {
	if scheme == staticHeader {
		return "value"
	}
	return "password"
}

// always is the name of a secret that does not depend on the scheme.
func always(name string) func(string) string { return func(string) string { return name } }
