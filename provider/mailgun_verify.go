package provider

import (
	"crypto/sha256"
	"encoding/json"
	"strings"
	"time"
)

const mailgunHMAC = "mailgun-hmac"

// mailgunTolerance covers the eight hours over which Mailgun retries.
const mailgunTolerance = 12 * time.Hour

// mailgunSignature is the block that Mailgun signs: not the content.
type mailgunSignature struct{ timestamp, token, signature string }

// verifyMailgunEvent checks the block of an event.
func verifyMailgunEvent(a *attempt) (Replay, error) {
	var body struct {
		Signature struct {
			Timestamp json.RawMessage `json:"timestamp"` // a string, or a number
			Token     string          `json:"token"`
			Signature string          `json:"signature"`
		} `json:"signature"`
	}
	a.scheme = mailgunHMAC
	if err := json.Unmarshal(a.Body, &body); err != nil {
		return Replay{}, refuse(ReasonMalformed, "the body is not the JSON of a Mailgun event")
	}
	timestamp := strings.Trim(string(body.Signature.Timestamp), `"`)
	return a.mailgun(mailgunSignature{timestamp, body.Signature.Token, body.Signature.Signature})
}

// verifyMailgunInbound checks the block of a route, which is in the form.
func verifyMailgunInbound(a *attempt) (Replay, error) {
	a.scheme = mailgunHMAC
	values, _, ok := a.form(false)
	if !ok {
		return Replay{}, refuse(ReasonMalformed, "the body is not a form")
	}
	for _, key := range []string{"timestamp", "token", "signature"} {
		if len(values.all(key)) > 1 {
			return Replay{}, refuse(ReasonMalformed, "the field "+key+" came more than once")
		}
	}
	return a.mailgun(mailgunSignature{values.get("timestamp"), values.get("token"), values.get("signature")})
}

// mailgun checks HMAC-SHA256 over timestamp and token. The two are put
// together without a mark between them, so that digits could move from one to
// the other; at most ten digits and at most fifty characters, which are the
// lengths that Mailgun sends, leave one way to part the sixty.
func (a *attempt) mailgun(block mailgunSignature) (Replay, error) {
	const digits, characters = 10, 50
	if a.SigningKey == "" {
		return Replay{}, noSecret("signing_key")
	}
	if block.timestamp == "" || block.token == "" || block.signature == "" {
		return Replay{}, refuse(ReasonMissing, "timestamp, token or signature is missing")
	}
	if _, ok := decimal(block.timestamp); !ok || len(block.timestamp) > digits {
		return Replay{}, refuse(ReasonMalformed, "the timestamp is not a number of seconds")
	}
	if len(block.token) > characters {
		return Replay{}, refuse(ReasonMalformed, "the token is too long to be one")
	}
	signed := block.timestamp + block.token
	if !sameHex(block.signature, mac(sha256.New, a.SigningKey, []byte(signed))) {
		why := mismatch(signed)
		why.cause = "the signing key at this endpoint is not the account's HTTP webhook signing key, which differs from its API keys"
		return Replay{}, why
	}
	at, err := a.fresh(block.timestamp, mailgunTolerance)
	if err != nil {
		return Replay{}, err
	}
	return Replay{Key: block.token, Digest: a.digest(), Unsigned: true, Until: a.until(at, mailgunTolerance)}, nil
}
