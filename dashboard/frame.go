package dashboard

import (
	"encoding/base64"
	"strings"
	"time"

	"posthorn/hook"
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

// framersTime is how long a browser keeps the origins that may frame a session:
// after its end they show that it has ended, and not an empty frame.
const framersTime = 180 * 24 * time.Hour

func writeFramers(origins []string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(origins, " ")))
}

// readFramers reads the origins in a cookie; what is none is left out.
func readFramers(text string) []string {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	origins, err := hook.ParseFrames(strings.Fields(string(raw)))
	if err != nil {
		return nil
	}
	return origins
}

// letFrame lets origins frame the answer. Of X-Frame-Options there is no way to
// say so.
func (q *request) letFrame(origins []string) {
	if len(origins) == 0 {
		return
	}
	h := q.w.Header()
	h.Set("Content-Security-Policy", strings.Replace(policy, "frame-ancestors 'none'", "frame-ancestors "+strings.Join(origins, " "), 1))
	h.Del("X-Frame-Options")
}
