package egress

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// maxURL bounds a URL, in bytes: links to signed objects are long. What a
// webhook may have is less (package hook).
const maxURL = 8192

// The errors of CheckURL are for whoever gave the URL; they go on from its name.
var (
	errURL     = errors.New("must be an absolute URL such as https://example.com/hook")
	errLength  = errors.New("must have at most " + strconv.Itoa(maxURL) + " bytes")
	errHTTPS   = errors.New("must begin with https://")
	errUser    = errors.New("must not contain a user name or password")
	errPort    = errors.New("must have a port between 1 and 65535, or none")
	errHost    = errors.New("must name a valid host")
	errName    = errors.New("must not point to localhost or to a name under .localhost, .internal, .local or .svc")
	errAddress = errors.New("must not point to a private, local or reserved address")
	errForm    = errors.New("must write an IP address in its usual form, such as 192.0.2.1")
)

// CheckURL refuses a URL by its text alone, without I/O: a name that does not
// resolve yet is accepted, and what it resolves to is checked at each dial. It
// takes absolute https URLs of at most 8192 bytes without user-info, to a name
// or an address that is not forbidden; http where the host is an address of an
// allowed network. Its errors are sentences about the field, such as "must
// begin with https://".
func (c *Client) CheckURL(raw string) error {
	_, err := c.parse(raw)
	return err
}

// parse checks a URL and returns it as it is requested: without its fragment
// and the colon of an empty port, and with a query that fits a request line.
func (c *Client) parse(raw string) (*url.URL, error) {
	if len(raw) > maxURL {
		return nil, errLength
	}
	u, err := url.Parse(raw)
	if err != nil || !u.IsAbs() || u.Opaque != "" {
		return nil, errURL
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return nil, errHTTPS
	}
	if u.User != nil {
		return nil, errUser
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, errPort
		}
	}
	plainHTTP, err := c.checkHost(u.Hostname())
	if err != nil {
		return nil, err
	}
	if u.Scheme == "http" && !plainHTTP {
		return nil, errHTTPS
	}
	u.Fragment, u.RawFragment = "", ""
	u.Host = strings.TrimSuffix(u.Host, ":")
	u.RawQuery = escapeQuery(u.RawQuery)
	return u, nil
}

// escapeQuery percent-encodes what cannot stand in a request line, as browsers
// do (WHATWG URL, "query state"). net/url does so for the path alone, and a
// query with a space in it would be half a request.
func escapeQuery(query string) string {
	var b strings.Builder
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c >= 0x7f {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// checkHost refuses a host by its text. It reports whether plain http may go
// to it: to an address of a network that is explicitly allowed.
func (c *Client) checkHost(host string) (plainHTTP bool, err error) {
	if address, err := netip.ParseAddr(host); err == nil {
		// A zone names one of our own interfaces.
		plain := address.Unmap()
		if address.Zone() != "" || c.guard.SafeAddr(plain) != nil {
			return false, errAddress
		}
		return contains(c.guard.allow, plain), nil
	}
	if strings.ContainsAny(host, ":%") {
		return false, errAddress // an IPv6 address in a form that nobody writes
	}
	return false, checkName(host)
}
