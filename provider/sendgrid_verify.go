package provider

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"time"
)

const sendgridECDSA = "sendgrid-ecdsa"

// sendgridTolerance covers the day over which SendGrid retries: whether a
// retry is signed anew is not documented.
const sendgridTolerance = 24 * time.Hour

// verifySendGrid checks the signature of the Event Webhook, which Inbound Parse
// with a security policy has too: ECDSA over SHA-256 of timestamp and body.
func verifySendGrid(a *attempt) (Replay, error) {
	const signatureHeader, timeHeader = "X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp"
	a.scheme = sendgridECDSA
	if a.ecdsaKey == nil {
		return Replay{}, noSecret("public_key")
	}
	given, err := a.header(signatureHeader)
	if err != nil {
		return Replay{}, err
	}
	timestamp, err := a.header(timeHeader)
	if err != nil {
		return Replay{}, err
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(given)
	if err != nil {
		return Replay{}, refuse(ReasonMalformed, "the "+signatureHeader+" header is not base64")
	}
	h := sha256.New()
	h.Write([]byte(timestamp))
	h.Write(a.Body)
	if !ecdsa.VerifyASN1(a.ecdsaKey, h.Sum(nil), signature) {
		return Replay{}, mismatch(excerpt([]byte(timestamp), a.Body))
	}
	_, err = a.fresh(timestamp, sendgridTolerance)
	return Replay{}, err
}

// checkSendGridInbound wants a key, a user, or both.
func checkSendGridInbound(s *settings, bad *problems) {
	checkPublicKey(s, bad)
	if s.PublicKey == "" || s.Username != "" || s.Password != "" {
		checkCredentials(s, bad)
	}
}

// verifySendGridInbound checks whatever was agreed: the signature of a security
// policy, the credentials in the URL, or both.
func verifySendGridInbound(a *attempt) (Replay, error) {
	if a.Username != "" || a.PublicKey == "" {
		if err := verifyBasic(a); err != nil || a.PublicKey == "" {
			return Replay{}, err
		}
	}
	return verifySendGrid(a)
}
