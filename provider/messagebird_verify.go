package provider

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"
)

// The schemes of MessageBird and of Bird, its successor. The endpoint names
// its own: none is tried in the place of another.
const (
	birdJWT      = "messagebird-jwt"
	birdLegacy   = "messagebird-legacy"
	birdHMAC     = "bird-hmac"
	birdStandard = "standard-webhooks"
)

const (
	birdSkew      = 5 * time.Second // of a token, which has its own expiry
	birdTolerance = 5 * time.Minute
)

func checkMessageBird(s *settings, bad *problems) {
	switch key, err := standardKey(s.Secret); {
	case s.Scheme == birdStandard && s.Secret == "":
		bad.add("secret", "is required with the scheme "+birdStandard)
	case s.Scheme == birdStandard && (err != nil || len(key) == 0):
		bad.add("secret", "must be whsec_ followed by base64")
	case s.Scheme != birdStandard && s.SigningKey == "":
		bad.add("signing_key", "is required with the scheme "+s.Scheme)
	}
}

func verifyMessageBird(a *attempt) (Replay, error) {
	a.scheme = a.Scheme
	switch a.Scheme {
	case birdJWT:
		return verifyBirdJWT(a)
	case birdStandard:
		return verifyStandard(a)
	case birdLegacy, birdHMAC:
		return verifyBirdHMAC(a)
	}
	return Replay{}, noSecret("scheme")
}

// verifyBirdHMAC checks HMAC-SHA256 over the timestamp, the sorted query
// (messagebird-legacy) or the whole URL (bird-hmac), and the body's hash.
func verifyBirdHMAC(a *attempt) (Replay, error) {
	const signatureHeader, timeHeader = "MessageBird-Signature", "MessageBird-Request-Timestamp"
	if a.SigningKey == "" {
		return Replay{}, noSecret("signing_key")
	}
	given, err := a.header(signatureHeader)
	if err != nil {
		return Replay{}, a.birdOther(err)
	}
	timestamp, err := a.header(timeHeader)
	if err != nil {
		return Replay{}, err
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(given)
	if err != nil {
		return Replay{}, refuse(ReasonMalformed, "the "+signatureHeader+" header is not base64")
	}
	covered := withoutFragment(a.URL)
	if a.Scheme == birdLegacy {
		covered = sortedQuery(a.query())
	}
	sum := sha256.Sum256(a.Body)
	if !hmac.Equal(signature, mac(sha256.New, a.SigningKey, []byte(timestamp+"\n"+covered+"\n"), sum[:])) {
		return Replay{}, mismatch(timestamp + "\n" + redactURL(covered) + "\n<SHA-256 of the body, binary>")
	}
	at, err := a.fresh(timestamp, birdTolerance)
	if err != nil {
		return Replay{}, err
	}
	return Replay{Key: given, Digest: a.digest(), Until: a.until(at, birdTolerance)}, nil
}

// birdOther says so where the request bears the signature of another scheme.
func (a *attempt) birdOther(err error) error {
	why, ok := err.(*refusal) //nolint:errorlint // made by header just now
	if !ok {
		return err
	}
	for _, other := range []struct{ header, scheme string }{
		{"MessageBird-Signature-JWT", birdJWT}, {"MessageBird-Signature", birdLegacy + " or " + birdHMAC}, {"Webhook-Signature", birdStandard},
	} {
		if a.Header.Get(other.header) != "" {
			why.cause = "the request is signed by " + other.scheme + ", and the scheme of this endpoint is " + a.Scheme
		}
	}
	return why
}

// sortedQuery orders the parameters by key, values of one key as they came,
// and encodes them as MessageBird's libraries do.
func sortedQuery(query string) string {
	return parsePairs(query).values().Encode()
}

// verifyStandard checks a signature of Standard Webhooks: HMAC-SHA256 over id,
// timestamp and body; one of several signatures suffices.
func verifyStandard(a *attempt) (Replay, error) {
	key, err := standardKey(a.Secret)
	if err != nil || len(key) == 0 {
		return Replay{}, noSecret("secret")
	}
	id, err := a.header("Webhook-Id")
	if err != nil {
		return Replay{}, a.birdOther(err)
	}
	timestamp, err := a.header("Webhook-Timestamp")
	if err != nil {
		return Replay{}, err
	}
	given, err := a.header("Webhook-Signature")
	if err != nil {
		return Replay{}, err
	}
	want := "v1," + base64.StdEncoding.EncodeToString(mac(sha256.New, string(key), []byte(id+"."+timestamp+"."), a.Body))
	found := false
	for signature := range strings.FieldsSeq(given) {
		found = same(signature, want) || found
	}
	if !found {
		return Replay{}, mismatch(excerpt([]byte(id+"."+timestamp+"."), a.Body))
	}
	at, err := a.fresh(timestamp, birdTolerance)
	if err != nil {
		return Replay{}, err
	}
	return Replay{Key: id, Digest: a.digest(), Until: a.until(at, birdTolerance)}, nil
}

// standardKey is what a whsec_ secret stands for.
func standardKey(secret string) ([]byte, error) {
	encoded := strings.TrimRight(strings.TrimPrefix(secret, "whsec_"), "=")
	return base64.RawStdEncoding.DecodeString(encoded)
}
