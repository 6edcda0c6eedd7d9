package provider

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // SNS signature version 1; a switch refuses it
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
)

// snsKey reads the key of a certificate. That it is genuine follows from where
// it was fetched.
func (a *attempt) snsKey(url string) (*rsa.PublicKey, error) {
	text, known := a.Certificates[url]
	raw := []byte(text)
	if !known {
		var err error
		if raw, err = a.get(url); err != nil {
			why := refuse(ReasonUnavailable, "the certificate could not be fetched")
			why.cause = "Posthorn must be able to reach " + url
			return nil, why
		}
	}
	broken := refuse(ReasonCertificate, "SigningCertURL does not hold an RSA certificate")
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, broken
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, broken
	}
	key, ok := certificate.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, broken
	}
	return key, nil
}

func snsSignature(envelope sns, key *rsa.PublicKey, signed string) error {
	signature, err := base64.StdEncoding.Strict().DecodeString(envelope.text("Signature"))
	if err != nil || len(signature) == 0 {
		return refuse(ReasonMalformed, "the Signature is missing or not base64")
	}
	if envelope.text("SignatureVersion") == "1" {
		sum := sha1.Sum([]byte(signed)) //nolint:gosec // SNS signature version 1
		err = rsa.VerifyPKCS1v15(key, crypto.SHA1, sum[:], signature)
	} else {
		sum := sha256.Sum256([]byte(signed))
		err = rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature)
	}
	if err != nil {
		why := mismatch(signed)
		why.cause = "the message was changed on its way"
		return why
	}
	return nil
}
