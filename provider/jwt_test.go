package provider

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func birdRequest(token string) *Request {
	r := post("application/json", "{}")
	r.Header.Set("MessageBird-Signature-JWT", token)
	return &r
}

func vonageRequest(token string) *Request {
	r := post("application/json", "{}")
	r.Header.Set("Authorization", "Bearer "+token)
	return &r
}

var (
	birdConfig   = map[string]any{"scheme": "messagebird-jwt", "signing_key": secretA}
	vonageConfig = map[string]any{"scheme": "vonage-jwt", "signature_secret": secretA}
)

func TestATokenDoesNotChooseHowItIsChecked(t *testing.T) {
	t.Parallel()
	r := birdRequest("")
	claims := birdClaims(r, at)
	good := token(sha256.New, "HS256", secretA, claims)
	parts := strings.Split(good, ".")
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for name, c := range map[string]struct {
		token  string
		reason Reason
	}{
		"none":             {part(`{"alg":"none"}`) + "." + parts[1] + ".", ReasonAlgorithm},
		"None":             {part(`{"alg":"None"}`) + "." + parts[1] + "." + parts[2], ReasonAlgorithm},
		"RS256":            {token(sha256.New, "RS256", secretA, claims), ReasonAlgorithm},
		"lower case":       {token(sha256.New, "hs256", secretA, claims), ReasonAlgorithm},
		"no algorithm":     {token(sha256.New, "", secretA, claims), ReasonAlgorithm},
		"crit":             {part(`{"alg":"HS256","crit":["exp"]}`) + "." + parts[1] + "." + parts[2], ReasonAlgorithm},
		"names another":    {token(sha512.New, "HS256", secretA, claims), ReasonMismatch},
		"no signature":     {parts[0] + "." + parts[1] + ".", ReasonMismatch},
		"padded":           {good + "=", ReasonMalformed},
		"standard base64":  {parts[0] + "." + parts[1] + ".++//", ReasonMalformed},
		"two parts":        {parts[0] + "." + parts[1], ReasonMalformed},
		"four parts":       {good + ".x", ReasonMalformed},
		"five parts":       {"a.b.c.d.e", ReasonMalformed},
		"header no JSON":   {part("x") + "." + parts[1] + "." + parts[2], ReasonMalformed},
		"claims no object": {token(sha256.New, "HS256", secretA, nil)[:0] + signedPart(`{"alg":"HS256"}`, `[]`), ReasonMalformed},
		"huge":             {strings.Repeat("a", 1<<20), ReasonMalformed},
	} {
		r := birdRequest(c.token)
		v := lookup(t, "messagebird").Verify(t.Context(), r, configOf(t, "messagebird", birdConfig), at, nil)
		require.Equal(t, c.reason, v.Reason, name)
	}
	for name, algorithm := range map[string]func() hash.Hash{"HS384": sha512.New384, "HS512": sha512.New} {
		v := lookup(t, "messagebird").Verify(t.Context(), birdRequest(token(algorithm, name, secretA, claims)), configOf(t, "messagebird", birdConfig), at, nil)
		require.True(t, v.Accepted, name)
		w := vonageRequest("")
		w.Header.Set("Authorization", "Bearer "+token(algorithm, name, secretA, vonageClaims(w, at)))
		v = lookup(t, "vonage").Verify(t.Context(), w, configOf(t, "vonage", vonageConfig), at, nil)
		require.Equal(t, ReasonAlgorithm, v.Reason, "Vonage signs with HS256 only")
	}
}

func signedPart(header, claims string) string {
	signed := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	return signed + "." + base64.RawURLEncoding.EncodeToString(sum(sha256.New, secretA, signed))
}

func TestEveryClaimOfMessageBirdCounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		claim  string
		value  any // nil: it is left out
		reason Reason
	}{
		"no issuer":            {"iss", nil, ReasonIssuer},
		"issuer in lower case": {"iss", "messagebird", ReasonIssuer},
		"issuer as list":       {"iss", []string{"MessageBird"}, ReasonIssuer},
		"no jti":               {"jti", nil, ReasonMissing},
		"empty jti":            {"jti", "", ReasonMissing},
		"no url_hash":          {"url_hash", nil, ReasonWrongURL},
		"empty url_hash":       {"url_hash", "", ReasonWrongURL},
		"no payload_hash":      {"payload_hash", nil, ReasonBodyHash},
		"empty payload_hash":   {"payload_hash", "", ReasonBodyHash},
		"no exp":               {"exp", nil, ReasonMissing},
		"no nbf":               {"nbf", nil, ReasonMissing},
		"exp passed":           {"exp", at.Unix() - 6, ReasonStale},
		"nbf to come":          {"nbf", at.Unix() + 6, ReasonStale},
		"iat to come":          {"iat", at.Unix() + 6, ReasonStale},
		"exp as text":          {"exp", "1760000060", ReasonMalformed},
		"exp beyond time":      {"exp", 1e300, ReasonMalformed},
		"nbf as list":          {"nbf", []int{1}, ReasonMalformed},
		"exp at the skew":      {"exp", at.Unix() - 5, ""},
		"nbf at the skew":      {"nbf", at.Unix() + 5, ""},
		"fraction":             {"exp", float64(at.Unix()) + 0.5, ""},
	} {
		r := birdRequest("")
		claims := birdClaims(r, at)
		if c.value == nil {
			delete(claims, c.claim)
		} else {
			claims[c.claim] = c.value
		}
		v := lookup(t, "messagebird").Verify(t.Context(), birdRequest(token(sha256.New, "HS256", secretA, claims)), configOf(t, "messagebird", birdConfig), at, nil)
		require.Equal(t, c.reason, v.Reason, name)
	}
}

func TestEveryClaimOfVonageCounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		claim  string
		value  any
		reason Reason
	}{
		"no issuer":          {"iss", nil, ReasonIssuer},
		"other issuer":       {"iss", "vonage", ReasonIssuer},
		"no payload_hash":    {"payload_hash", nil, ReasonBodyHash},
		"other payload_hash": {"payload_hash", "00", ReasonBodyHash},
		"no iat":             {"iat", nil, ReasonMissing},
		"old iat":            {"iat", at.Add(-25 * time.Hour).Unix(), ReasonStale},
		"exp passed":         {"exp", at.Unix() - 60, ReasonStale},
		"nbf to come":        {"nbf", at.Unix() + 60, ReasonStale},
		"extra claim":        {"application_id", "x", ""},
	} {
		r := vonageRequest("")
		claims := vonageClaims(r, at)
		if c.value == nil {
			delete(claims, c.claim)
		} else {
			claims[c.claim] = c.value
		}
		v := lookup(t, "vonage").Verify(t.Context(), vonageRequest(token(sha256.New, "HS256", secretA, claims)), configOf(t, "vonage", vonageConfig), at, nil)
		require.Equal(t, c.reason, v.Reason, name)
	}
}

func TestAnUnsignedCallbackOfVonageIsAskedForAgain(t *testing.T) {
	t.Parallel()
	r := post("application/json", "{}")
	v := lookup(t, "vonage").Verify(t.Context(), &r, configOf(t, "vonage", vonageConfig), at, nil)
	require.Equal(t, ReasonMissing, v.Reason)
	require.Equal(t, http.StatusServiceUnavailable, v.Answer.Status)

	r.Header.Set("Authorization", "Basic x")
	v = lookup(t, "vonage").Verify(t.Context(), &r, configOf(t, "vonage", vonageConfig), at, nil)
	require.Equal(t, ReasonMalformed, v.Reason)
	require.Equal(t, http.StatusUnauthorized, v.Answer.Status)
}
