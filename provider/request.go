package provider

import (
	"crypto/sha256"
	"net/http"
	"strings"
)

// Request is a callback as it arrived.
type Request struct {
	Method string
	URL    string // as configured at the provider, see PublicURL; the query not re-encoded
	Host   string // as it arrived, for explanations alone; "" where it is not known
	Header http.Header
	Body   []byte // as on the wire, transfer coding removed
}

// PublicURL is the URL that a provider was given: the public base, without a
// slash at its end, and the raw request target (path and query). The scheme
// and the host that arrived here do not count: proxies change them.
func PublicURL(base, target string) string {
	if !strings.HasPrefix(target, "/") { // absolute form: RFC 9112, section 3.2.2
		_, rest, _ := strings.Cut(target, "://")
		target = "/"
		if i := strings.IndexAny(rest, "/?"); i >= 0 && rest[i] == '/' {
			target = rest[i:]
		} else if i >= 0 {
			target = "/" + rest[i:]
		}
	}
	return strings.TrimRight(base, "/") + target
}

// path is the URL up to the query, the fragment left out.
func (r *Request) path() string {
	path, _, _ := strings.Cut(withoutFragment(r.URL), "?")
	return path
}

// query is the raw query.
func (r *Request) query() string {
	_, query, _ := strings.Cut(withoutFragment(r.URL), "?")
	return query
}

func withoutFragment(url string) string {
	url, _, _ = strings.Cut(url, "#")
	return url
}

// digest tells contents apart, where a scheme has the same nonce for several.
func (r *Request) digest() [32]byte {
	h := sha256.New()
	h.Write([]byte(r.query()))
	h.Write([]byte{0})
	h.Write(r.Body)
	return [32]byte(h.Sum(nil))
}

// mediaType is the Content-Type without parameters, in lower case.
func (r *Request) mediaType() string {
	value, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(value))
}

func (r *Request) isForm() bool { return r.mediaType() == "application/x-www-form-urlencoded" }

// readsQuery reports whether the parameters are those of the query: a body
// that comes with it all the same is neither signed nor read.
func (r *Request) readsQuery() bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead
}

// shownURL is the URL without what is secret in it: the user-info, and the
// token of Meta's challenge.
func (r *Request) shownURL() string {
	if r.readsQuery() && strings.Contains(r.URL, "verify_token") {
		return redactURL(r.path()) + "?•••"
	}
	return redactURL(r.URL)
}

// redactURL leaves the user-info of a URL out.
func redactURL(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		return url
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	if at := strings.LastIndexByte(rest[:end], '@'); at >= 0 {
		rest = "•••" + rest[at:]
	}
	return scheme + "://" + rest
}
