package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"code.dny.dev/ssrf"

	"posthorn/hook"
)

// refused is a request that was not sent because of its URL.
type refused struct{ error }

func (r refused) Unwrap() error { return r.error }

// classify says what kind of failure an error is, and what to tell people:
// nothing of our own network, no query string, no secret.
func classify(err error) (hook.ErrorClass, string) {
	var (
		blocked refused
		dns     *net.DNSError
		op      *net.OpError
	)
	switch {
	case errors.As(err, &blocked):
		return hook.ErrorRefused, "the URL " + blocked.Error()
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork),
		errors.Is(err, ssrf.ErrProhibitedPort), errors.Is(err, ssrf.ErrInvalidHostPort):
		return hook.ErrorRefused, "the host resolves to a private, local or reserved address"
	case errors.As(err, &dns):
		return hook.ErrorDNS, lookup(dns)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), isTimeout(err):
		return hook.ErrorTimeout, stalled(err)
	case isTLS(err):
		return hook.ErrorTLS, clean(cause(err), maxDetail)
	case errors.As(err, &op) && op.Op == "dial":
		return hook.ErrorConnect, clean(cause(err), maxDetail)
	case strings.HasPrefix(err.Error(), "net/http: invalid "):
		return hook.ErrorInternal, "the request cannot be sent: " + clean(err.Error(), maxDetail)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return hook.ErrorNetwork, "the connection was closed before the answer was complete"
	case errors.Is(err, syscall.ECONNRESET):
		return hook.ErrorNetwork, "the connection was reset"
	}
	return hook.ErrorNetwork, clean(cause(err), maxDetail)
}

func lookup(err *net.DNSError) string {
	switch {
	case err.IsNotFound:
		return "the host's name does not resolve"
	case err.IsTimeout:
		return "the name servers did not answer in time"
	}
	return "the name servers could not resolve the host's name"
}

// stalled names the step that took longer than connectTimeout.
func stalled(err error) string {
	var op *net.OpError
	switch {
	case errors.As(err, &op) && op.Op == "dial":
		return "no connection within " + connectTimeout.String()
	case strings.Contains(err.Error(), "TLS handshake"):
		return "no TLS handshake within " + connectTimeout.String()
	}
	return "no complete answer in time"
}

// cause is the text of an error without the addresses of both ends, which an
// OpError puts before it.
func cause(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err.Error()
	}
	return err.Error()
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

func isTLS(err error) bool {
	var (
		record      tls.RecordHeaderError
		certificate *tls.CertificateVerificationError
		alert       tls.AlertError
		authority   x509.UnknownAuthorityError
		name        x509.HostnameError
		invalid     x509.CertificateInvalidError
	)
	return errors.As(err, &record) || errors.As(err, &certificate) || errors.As(err, &alert) ||
		errors.As(err, &authority) || errors.As(err, &name) || errors.As(err, &invalid) ||
		strings.Contains(err.Error(), "tls: ") || strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
}
