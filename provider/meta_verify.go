package provider

import (
	"crypto/sha256"
	"net/http"
	"strings"
)

// The schemes: of callbacks, and of the subscription.
const (
	metaHMAC      = "meta-hmac-sha256"
	metaChallenge = "meta-challenge"
)

// verifyMeta checks the HMAC-SHA256 of the body as it came: Meta escapes
// characters before it signs, so that nothing is to be escaped here. A GET is
// the challenge of a subscription.
func verifyMeta(a *attempt) (Replay, error) {
	const name = "X-Hub-Signature-256"
	if a.readsQuery() {
		return Replay{}, verifyChallenge(a)
	}
	a.scheme = metaHMAC
	if a.AppSecret == "" {
		return Replay{}, noSecret("app_secret")
	}
	given, err := a.header(name)
	if err != nil {
		return Replay{}, err
	}
	digits, ok := strings.CutPrefix(given, "sha256=")
	if !ok {
		return Replay{}, refuse(ReasonMalformed, "the "+name+" header does not begin with sha256=")
	}
	if !sameHex(digits, mac(sha256.New, a.AppSecret, a.Body)) {
		return Replay{}, mismatch(excerpt(a.Body))
	}
	return Replay{}, nil
}

// verifyChallenge checks the token that was entered beside the URL. Meta takes
// 403 for a refusal.
func verifyChallenge(a *attempt) error {
	a.scheme = metaChallenge
	refused := func(reason Reason, message string) error {
		why := refuse(reason, message)
		why.answer = Answer{Status: http.StatusForbidden}
		return why
	}
	query := parsePairs(a.query())
	switch {
	case a.VerifyToken == "":
		return refused(ReasonNoSecret, "the endpoint has no verify_token: nothing can be verified without")
	case query.get("hub.mode") != "subscribe":
		return refused(ReasonMalformed, "the parameter hub.mode is not subscribe")
	case len(query.all("hub.verify_token")) != 1 || !same(query.get("hub.verify_token"), a.VerifyToken):
		return refused(ReasonVerifyToken, "hub.verify_token is not the verify_token of this endpoint")
	case query.get("hub.challenge") == "":
		return refused(ReasonMissing, "the parameter hub.challenge is missing")
	}
	return nil
}
