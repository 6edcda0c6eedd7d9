package simulate

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"time"
)

// Certificate is one with which SNS could sign, and its key.
type Certificate struct {
	URL string // where SNS would keep it
	PEM string // the certificate
	Key crypto.Signer
}

// certificateURL is how the addresses of SNS's certificates begin.
const certificateURL = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-"

// NewCertificate makes one that nobody but an endpoint or a development stack
// that was told of it believes.
func NewCertificate() (Certificate, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return Certificate{}, err
	}
	const years = 10
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sns.amazonaws.com", Organization: []string{"Posthorn simulate"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(years, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return Certificate{}, err
	}
	return Certificate{
		URL: certificateURL + hexText(16) + ".pem",
		PEM: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), Key: key,
	}, nil
}

// File is the content of a file for POSTHORN_SNS_CERTS: a JSON object of
// certificates by URL, here with the private key behind the certificate.
func (c Certificate) File() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(c.Key)
	if err != nil {
		return nil, err
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return json.MarshalIndent(map[string]string{c.URL: c.PEM + string(key)}, "", "  ")
}

// ErrNoKey is the error for a file that has certificates, and no key of any.
var ErrNoKey = errors.New("no certificate in it has its private key behind it")

// ParseFile reads such a file and finds a certificate that has its key. The
// file may be one certificate in PEM, too, which then stands for all URLs.
func ParseFile(content []byte) (Certificate, error) {
	var list map[string]string
	if block, _ := pem.Decode(content); block != nil {
		list = map[string]string{certificateURL + "any.pem": string(content)}
	} else if err := json.Unmarshal(content, &list); err != nil {
		return Certificate{}, errors.New("it is neither a JSON object of certificates (PEM) by URL nor one in PEM")
	}
	for url, text := range list {
		if certificate, rest := pem.Decode([]byte(text)); certificate != nil {
			if key, err := ParseKey(rest); err == nil {
				return Certificate{URL: url, PEM: string(pem.EncodeToMemory(certificate)), Key: key}, nil
			}
		}
	}
	return Certificate{}, ErrNoKey
}

// ParseKey reads a private key in PEM: PKCS #8, or what openssl writes for
// RSA and for elliptic curves.
func ParseKey(text []byte) (crypto.Signer, error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			if signer, ok := key.(crypto.Signer); ok {
				return signer, nil
			}
		}
		if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
			return key, nil
		}
		if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			return key, nil
		}
	}
	return nil, errors.New("it is not a private key in PEM")
}
