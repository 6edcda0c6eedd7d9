package dashboard

import (
	"net/http"

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
func (q *request) identify() error {
	cookie, err := q.Cookie(q.cookieName())
	if err != nil || cookie.Value == "" {
		return hook.NotFound("session")
	}
	q.token = hook.Secret(cookie.Value)
	if q.session, err = q.Store.Session(q.Context(), q.token); err != nil {
		q.session = hook.Session{}
		return err
	}
	q.ctx = q.As(q.Context(), q.session.TenantID, q.session.Role)
	return nil
}

// open begins a session and gives the browser its token.
func (q *request) open(s hook.Session) error {
	if q.token != "" {
		if err := q.Store.EndSession(q.Context(), q.token); err != nil {
			return err
		}
	}
	token, err := q.Store.StartSession(q.Context(), s)
	if err != nil {
		return err
	}
	q.setCookie(token.Reveal(), int(store.SessionTime.Seconds()))
	return nil
}

func (q *request) setCookie(value string, seconds int) {
	q.giveCookie(q.cookieName(), value, seconds)
}

func (q *request) giveCookie(name, value string, seconds int) {
	http.SetCookie(q.w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: q.secure, SameSite: http.SameSiteLaxMode,
	})
}
