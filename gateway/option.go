package gateway

import (
	"crypto/x509"

	"posthorn/provider"
)

// Option changes how the product is put together. Only code can give one: no
// setting of an operator does.
type Option func(*parts)

// WithCertificates takes the certificates of SNS from a file, see
// ReadCertificates. It is for development and tests: whoever writes the file
// can sign callbacks.
func WithCertificates(fetch provider.Fetch) Option {
	return func(p *parts) { p.certificates = fetch }
}

// WithRoutes has the guarded client connect elsewhere for some addresses, both
// as host:port, and believe the certificates of these authorities alone. What
// is dialled is checked all the same. It is for tests, in which a
// server on this machine stands for a provider's.
func WithRoutes(routes map[string]string, authorities *x509.CertPool) Option {
	return func(p *parts) { p.outbound.Routes, p.outbound.RootCAs = routes, authorities }
}
