package dashboard

import (
	"net/http"
	"strings"

	"posthorn/hook"
	"posthorn/store"
)

// cookieName is the cookie's; with TLS a browser holds it to this host.
func (d *dashboard) cookieName() string {
	if d.secure {
		return "__Host-posthorn"
	}
	return "posthorn"
}

// identify finds the session of a request. Without one it is not found.
func (q *request) identify() (err error) {
	for _, name := range q.jars() {
		if cookie, err := q.Cookie(name); err == nil && cookie.Value != "" {
			token, framers, _ := strings.Cut(cookie.Value, ".")
			q.token, q.jar, q.framers = hook.Secret(token), name, readFramers(framers)
			break
		}
	}
	if q.token == "" {
		return hook.NotFound("session")
	}
	if q.session, err = q.Store.Session(q.Context(), q.token); err != nil {
		q.session = hook.Session{}
		return err
	}
	q.ctx = q.As(q.Context(), q.session.TenantID, q.session.Role)
	return nil
}

// open begins a session and gives the browser its token.
func (q *request) open(s hook.Session) error {
	jar := q.cookieName()
	if q.secure && q.framed() && len(s.Frames) > 0 {
		jar = q.frameCookie()
	}
	if q.token != "" && q.jar == jar {
		if err := q.Store.EndSession(q.Context(), q.token); err != nil {
			return err
		}
	}
	token, err := q.Store.StartSession(q.Context(), s)
	if err != nil {
		return err
	}
	value, lasts := token.Reveal(), store.SessionTime
	if len(s.Frames) > 0 {
		value, lasts = value+"."+writeFramers(s.Frames), framersTime
	}
	q.giveCookie(jar, value, int(lasts.Seconds()))
	return nil
}

// forget takes the cookie back that the session came in.
func (q *request) forget() { q.giveCookie(q.jar, "", -1) }

func (q *request) giveCookie(name, value string, seconds int) {
	c := http.Cookie{Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: q.secure, SameSite: http.SameSiteLaxMode}
	if name == q.frameCookie() {
		c.SameSite, c.Partitioned = http.SameSiteNoneMode, true
	}
	http.SetCookie(q.w, &c)
}
