package api

import (
	"net/netip"
	"time"

	"github.com/gin-gonic/gin"

	"posthorn/envelope"
	"posthorn/hook"
	"posthorn/provider"
)

var errDisabled = &hook.Error{Code: hook.CodeForbidden, Message: "this endpoint is disabled"}

var errAddress = &hook.Error{Code: hook.CodeForbidden, Message: "your address is not in this endpoint's allowlist"}

// arrival is a request at an endpoint.
type arrival struct {
	endpoint  *hook.Endpoint   // nil where the token names none
	config    *provider.Config // of a provider's endpoint
	remote    string           // the client's address
	request   hook.Request     // as it is kept
	verdict   hook.Verdict
	raw       buffer // the body as it came over the wire
	decoded   buffer
	body      []byte     // without Content-Encoding
	challenge string     // what the request is answered with, "" where it is a message
	kept      *hook.Kept // what may be kept of it where it is refused; nil for nothing
}

func (s *server) arrival(c *gin.Context) *arrival {
	return &arrival{remote: c.ClientIP(), raw: buffer{memory: s.wire}, decoded: buffer{memory: s.unpacked}}
}

// release gives back the memory of the bodies.
func (a *arrival) release() {
	a.raw.release()
	a.decoded.release()
}

// check makes every check that does not look into the body, and reads it.
func (s *server) check(c *gin.Context, a *arrival) (err error) {
	ctx, r := c.Request.Context(), c.Request
	if err := s.meet(c, a, "", hook.MaxBody); err != nil {
		return err
	}
	if a.verdict, err = envelope.Verify(a.endpoint, r.Header, a.raw.bytes, time.Now()); err != nil {
		return err
	}
	if err := s.letIn(c, a); err != nil {
		return err
	}
	coding, err := hook.ParseCoding(r.Header.Values("Content-Encoding"))
	if err != nil {
		return err
	}
	a.request = hook.Request{
		Method: r.Method, Target: r.RequestURI, Proto: r.Proto, Host: r.Host, Remote: a.remote,
		Header: envelope.Redact(r.Header, []string{a.endpoint.CredentialHeader()}, s.Fingerprint),
	}
	a.body, err = s.decode(ctx, coding, a.raw.bytes, hook.MaxBody, &a.decoded)
	return err
}

// meet finds the endpoint, which must be for that provider, and reads a body
// of at most limit bytes from an address that may send one.
func (s *server) meet(c *gin.Context, a *arrival, name string, limit int64) error {
	found, err := s.endpoint(c.Request.Context(), c.Param("token"))
	e := found.endpoint
	switch {
	case err != nil:
		return err
	case e.Provider != name:
		return hook.NotFound("endpoint")
	}
	a.endpoint, a.config = e, found.config
	if !allowed(e.Allowlist, a.remote) {
		return errAddress
	}
	return s.readBody(c.Request.Context(), c.Writer, c.Request, limit, &a.raw)
}

// letIn takes an authentic request where its endpoint takes any.
func (s *server) letIn(c *gin.Context, a *arrival) error {
	if !a.endpoint.Enabled {
		return errDisabled
	}
	return s.admit(c.Request.Context(), c, a.endpoint)
}

// allowed reports whether an address is in an allowlist; an empty one has all.
func allowed(list []netip.Prefix, remote string) bool {
	if len(list) == 0 {
		return true
	}
	address, err := netip.ParseAddr(remote)
	if err != nil {
		return false
	}
	address = address.Unmap().WithZone("")
	for _, prefix := range list {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}
