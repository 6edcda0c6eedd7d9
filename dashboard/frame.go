package dashboard

import (
	"strings"
)

// A portal link may be shown in a frame of another site's. Its session is then
// in a cookie of its own, which a browser sends there and keeps apart for each
// site that frames (CHIPS): it meets nobody's own session.
func (d *dashboard) frameCookie() string { return d.cookieName() + "-frame" }

// framed reports whether the answer is for a frame, by the browser's word or
// that of the page's script.
func (q *request) framed() bool {
	dest := q.Header.Get("Sec-Fetch-Dest")
	return dest == "iframe" || dest == "frame" || q.Header.Get("X-Framed") != ""
}

// jars are the cookies that a session may come in, the likelier first.
func (q *request) jars() []string {
	if q.framed() {
		return []string{q.frameCookie(), q.cookieName()}
	}
	return []string{q.cookieName(), q.frameCookie()}
}

// letFrame lets the origins of the session frame its pages. Of X-Frame-Options
// there is no way to say so.
func (q *request) letFrame() {
	if len(q.session.Frames) == 0 {
		return
	}
	h := q.w.Header()
	h.Set("Content-Security-Policy", strings.Replace(policy, "frame-ancestors 'none'", "frame-ancestors "+strings.Join(q.session.Frames, " "), 1))
	h.Del("X-Frame-Options")
}
