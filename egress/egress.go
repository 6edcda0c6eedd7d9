// Package egress is the one way out to addresses that come from users:
// deliveries, test triggers, attachments, certificates. It refuses addresses
// that lead inwards, at registration by their text and at every dial by the
// address that is dialled, follows no redirect, and bounds time and memory.
// What is sent, and what an answer means for a delivery, is decided elsewhere.
package egress

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Config says what may be reached. Its zero value reaches the public internet
// over https and nothing else.
type Config struct {
	// AllowCIDRs are networks that may be reached all the same, and to whose
	// addresses, written as such, plain http is allowed. Names that are always
	// refused stay refused.
	AllowCIDRs []netip.Prefix
	// UserAgent of downloads; "" is "Posthorn". Deliveries bring their own.
	UserAgent string
	// StallTimeout is how long a download may stand still; 0 is 30 s.
	StallTimeout time.Duration
	RootCAs      *x509.CertPool // nil: the system's
	Resolver     *net.Resolver  // nil: the system's
	// Routes are addresses, as host:port, that are reached at others. The guard
	// sees those that are dialled.
	Routes map[string]string
}

// Bounds of the client.
const (
	// connectTimeout bounds DNS with the dial, and the TLS handshake after it.
	// It is below the default timeout of an attempt, so that what stalls is named.
	connectTimeout    = 8 * time.Second
	maxResponseHeader = 64 << 10 // bytes
	idlePerHost       = 32       // connections
	idleConnections   = 1024
	idleTimeout       = 90 * time.Second
	// http2Buffer is what a receiver can make us hold of an answer that nobody
	// reads, in bytes a request.
	http2Buffer = 512 << 10
	// A shared HTTP/2 connection that went silent is found by a ping, before
	// it has failed every attempt that rides on it.
	http2Silence = 30 * time.Second
	http2Ping    = 10 * time.Second
)

// Client sends guarded requests. It is safe for use by many at once.
type Client struct {
	guard     *guard
	userAgent string
	stall     time.Duration
	transport *http.Transport
}

// New returns a client. Close it to let go of its connections.
func New(c Config) *Client {
	guard := newGuard(c.AllowCIDRs)
	client := &Client{guard: guard, userAgent: c.UserAgent, stall: c.StallTimeout}
	if client.userAgent == "" {
		client.userAgent = "Posthorn"
	}
	if client.stall <= 0 {
		client.stall = stallTimeout
	}
	// The guard sees the address that is dialled, after DNS: what was checked
	// is what is connected to.
	dialer := &net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second, Control: guard.Safe, Resolver: c.Resolver}
	client.transport = &http.Transport{
		Proxy:                  nil, // the environment's are ignored: they would dial for us
		DialContext:            routed(dialer, c.Routes),
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.RootCAs},
		TLSHandshakeTimeout:    connectTimeout,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // a bomb stays packed
		MaxResponseHeaderBytes: maxResponseHeader,
		MaxIdleConns:           idleConnections,
		MaxIdleConnsPerHost:    idlePerHost,
		IdleConnTimeout:        idleTimeout,
		HTTP2: &http.HTTP2Config{
			MaxReceiveBufferPerStream: http2Buffer, SendPingTimeout: http2Silence, PingTimeout: http2Ping,
		},
	}
	return client
}

func routed(dialer *net.Dialer, routes map[string]string) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, cmp.Or(routes[address], address))
	}
}

// Close drops the connections that are idle. Requests in flight go on.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// roundTrip sends a request to a checked URL. A transport, unlike a client,
// follows no redirect and keeps no cookie.
func (c *Client) roundTrip(ctx context.Context, method, rawURL string, header http.Header, body []byte) (*http.Response, error) {
	u, err := c.parse(rawURL)
	if err != nil {
		return nil, refused{err}
	}
	return c.transport.RoundTrip(newRequest(ctx, method, u, header, body))
}
