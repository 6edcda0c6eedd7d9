package provider

import (
	"crypto/hmac"
	"crypto/md5"  //nolint:gosec // among Vonage's algorithms; the endpoint chooses
	"crypto/sha1" //nolint:gosec // likewise
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"hash"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The schemes: a token for the Messages API, a parameter for the SMS API.
const (
	vonageJWT = "vonage-jwt"
	vonageSig = "vonage-sig"
)

// vonageTolerance covers the day over which Vonage retries.
const vonageTolerance = 24 * time.Hour

// vonageAlgorithms are those of vonage-sig that are HMACs; md5hash is not.
var vonageAlgorithms = map[string]func() hash.Hash{"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}

func checkVonage(s *settings, bad *problems) {
	if s.Scheme == vonageSig && s.Algorithm == "" {
		bad.add("algorithm", "is required with the scheme "+vonageSig+": the one that the account is set to")
	}
}

func verifyVonage(a *attempt) (Replay, error) {
	a.scheme = a.Scheme
	switch {
	case a.SignatureSecret == "":
		return Replay{}, noSecret("signature_secret")
	case a.Scheme == vonageJWT:
		return verifyVonageJWT(a)
	case a.Scheme == vonageSig:
		return verifyVonageSig(a)
	}
	return Replay{}, noSecret("scheme")
}

// verifyVonageJWT checks the bearer token. Vonage now and then sends a callback
// without one, and signs it when it must come again: hence 503.
func verifyVonageJWT(a *attempt) (Replay, error) {
	value, err := a.header("Authorization")
	if err != nil {
		if why, ok := err.(*refusal); ok && why.reason == ReasonMissing { //nolint:errorlint // made by header just now
			why.answer = Answer{Status: http.StatusServiceUnavailable}
			why.cause = "Vonage sent it unsigned; it comes again signed"
		}
		return Replay{}, err
	}
	scheme, token, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return Replay{}, refuse(ReasonMalformed, "the Authorization header does not hold a bearer token")
	}
	c, err := parseJWT(strings.TrimSpace(token), a.SignatureSecret, onlyHS256)
	if err != nil {
		return Replay{}, err
	}
	switch {
	case c.text("iss") != "Vonage":
		return Replay{}, refuse(ReasonIssuer, "the token's issuer is not Vonage")
	case !c.hashIs("payload_hash", a.Body):
		return Replay{}, refuse(ReasonBodyHash, "the claim payload_hash is not that of the body")
	}
	return a.vonageTimes(c)
}

func (a *attempt) vonageTimes(c claims) (Replay, error) {
	issued, present, err := c.time("iat")
	if err != nil {
		return Replay{}, err
	}
	if !present {
		return Replay{}, refuse(ReasonMissing, "the claim iat is missing")
	}
	if err := a.near(issued, vonageTolerance); err != nil {
		return Replay{}, err
	}
	const skew = 5 * time.Second
	if at, present, err := c.time("exp"); err != nil || present && a.now.After(at.Add(skew)) {
		return Replay{}, stale("the token has expired")
	}
	if at, present, err := c.time("nbf"); err != nil || present && a.now.Before(at.Add(-skew)) {
		return Replay{}, stale("the token is not valid yet")
	}
	return Replay{Key: c.text("jti"), Digest: a.digest(), Until: a.until(issued, vonageTolerance)}, nil
}

// verifyVonageSig checks the parameter sig over all others.
func verifyVonageSig(a *attempt) (Replay, error) {
	parameters, ok := a.vonageParameters()
	if !ok {
		return Replay{}, refuse(ReasonMalformed, "the body is neither a form nor a JSON object")
	}
	given := parameters.all("sig")
	if len(given) == 0 || given[0] == "" {
		return Replay{}, refuse(ReasonMissing, "the parameter sig is missing")
	}
	if len(given) > 1 {
		return Replay{}, refuse(ReasonMalformed, "the parameter sig came more than once")
	}
	signed := vonageString(parameters)
	var want []byte
	if algorithm, ok := vonageAlgorithms[a.Algorithm]; ok {
		want = mac(algorithm, a.SignatureSecret, []byte(signed))
	} else if a.Algorithm == "md5hash" {
		sum := md5.Sum([]byte(signed + a.SignatureSecret)) //nolint:gosec // Vonage's scheme; the endpoint chose it
		want = sum[:]
	} else {
		return Replay{}, noSecret("algorithm")
	}
	got, err := hex.DecodeString(given[0])
	if err != nil || !hmac.Equal(got, want) {
		why := mismatch(signed)
		why.cause = "the signature secret or the algorithm at Vonage is another one than here"
		return Replay{}, why
	}
	at, err := a.fresh(parameters.get("timestamp"), vonageTolerance)
	if err != nil {
		return Replay{}, err
	}
	return Replay{Key: parameters.get("nonce"), Digest: a.digest(), Until: a.until(at, vonageTolerance)}, nil
}

// vonageString joins the sorted parameters; what would part them is replaced
// in their values.
func vonageString(parameters pairs) string {
	clean := strings.NewReplacer("&", "_", "=", "_")
	var b strings.Builder
	for _, p := range parameters.sorted() {
		if p.key != "sig" {
			b.WriteString("&" + p.key + "=" + clean.Replace(p.value))
		}
	}
	return b.String()
}

// vonageParameters are those of the body, or of the query where there is none.
func (a *attempt) vonageParameters() (pairs, bool) {
	switch {
	case a.readsQuery() || len(a.Body) == 0:
		return parsePairs(a.query()), true
	case a.isForm():
		return parsePairs(string(a.Body)), true
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(a.Body, &object) != nil || object == nil {
		return nil, false
	}
	var list pairs
	for key, raw := range object {
		var s string
		if json.Unmarshal(raw, &s) != nil || len(raw) == 0 || raw[0] != '"' {
			s = string(raw) // a number, true, false: as it is written
		}
		list = append(list, pair{key, s})
	}
	slices.SortFunc(list, func(x, y pair) int { return strings.Compare(x.key, y.key) })
	return list, true
}
