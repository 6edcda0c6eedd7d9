package mail

import (
	"crypto/tls"
	"crypto/x509"
	"io"

	gomail "github.com/wneessen/go-mail"
)

// Trust lets a sender believe a certificate of a test's own.
func (s *Sender) Trust(roots *x509.CertPool) {
	s.options = append(s.options, gomail.WithTLSConfig(&tls.Config{ServerName: s.host, RootCAs: roots, MinVersion: tls.VersionTLS12}))
}

// Write writes a message as it would be sent.
func (s *Sender) Write(w io.Writer, m Message) error {
	composed, err := s.compose(m)
	if err != nil {
		return err
	}
	_, err = composed.WriteTo(w)
	return err
}
