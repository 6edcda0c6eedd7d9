package provider

import (
	"crypto/sha1" //nolint:gosec // Twilio's scheme is HMAC-SHA1
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"strings"
)

const twilioSHA1 = "twilio-sha1"

// verifyTwilio checks HMAC-SHA1 over the URL and the sorted parameters of a
// form. A body of any other kind is covered by bodySHA256 in the query, which
// the URL holds.
func verifyTwilio(a *attempt) (Replay, error) {
	a.scheme = twilioSHA1
	if a.AuthToken == "" {
		return Replay{}, noSecret("auth_token")
	}
	given, err := a.header("X-Twilio-Signature")
	if err != nil {
		return Replay{}, err
	}
	parameters, err := a.twilioParameters()
	if err != nil {
		return Replay{}, err
	}
	urls := twilioURLs(withoutFragment(a.URL))
	if a.twilioFits(given, urls, parameters) {
		return Replay{}, nil
	}
	why := mismatch(redactURL(urls[0]) + parameters)
	why.cause = "the auth token is not that of the account or subaccount which owns the number; or the URL at Twilio is not " + redactURL(a.URL)
	return Replay{}, why
}

func (a *attempt) twilioFits(given string, urls []string, parameters string) bool {
	fits := 0
	for _, url := range urls {
		want := base64.StdEncoding.EncodeToString(mac(sha1.New, a.AuthToken, []byte(url), []byte(parameters)))
		fits |= subtle.ConstantTimeCompare([]byte(given), []byte(want))
	}
	return fits == 1
}

// twilioParameters are those of the form, each key with its distinct values in
// order, as Twilio's own libraries put them; "" for what has no form.
func (a *attempt) twilioParameters() (string, error) {
	if hash, ok := parsePairs(a.query()).lookup("bodySHA256"); ok {
		sum := sha256.Sum256(a.Body)
		if !sameHex(hash, sum[:]) {
			return "", refuse(ReasonBodyHash, "the body is not the one whose SHA-256 is in the URL")
		}
		return "", nil
	}
	switch {
	case a.readsQuery():
		return "", nil
	case a.isForm():
		var b strings.Builder
		for _, p := range slices.Compact(parsePairs(string(a.Body)).sorted()) {
			b.WriteString(p.key)
			b.WriteString(p.value)
		}
		return b.String(), nil
	case len(a.Body) > 0:
		return "", refuse(ReasonUnsigned, "the body is no form and the URL has no bodySHA256: Twilio did not sign it")
	}
	return "", nil
}
