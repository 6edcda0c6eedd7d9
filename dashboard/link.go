package dashboard

import (
	"net/http"
	"net/url"
	"strings"

	"posthorn/hook"
)

// link opens a session of whoever has a sealed link.
func (q *request) link() error {
	l, err := q.Store.OpenLink(q.PathValue("sealed"))
	q.letFrame(l.Frames)
	if err != nil {
		return q.dead()
	}
	s := hook.Session{TenantID: l.TenantID, UserID: l.UserID, Role: l.Role, Frames: l.Frames}
	switch {
	case l.Invitation != hook.ID{}:
		return q.to(Prefix+"/join/"+q.PathValue("sealed"), "")
	case l.UserID != hook.ID{}:
		if _, err := q.Store.User(q.Context(), l.TenantID, l.UserID); err != nil {
			return q.dead()
		}
	default:
		if _, err := q.Store.Tenant(q.Context(), l.TenantID); err != nil {
			return q.dead()
		}
	}
	if err := q.open(s); err != nil {
		return err
	}
	return q.to(within(l.Path), "")
}

// dead answers a link that opens nothing, whatever the reason.
func (q *request) dead() error {
	q.show(http.StatusNotFound, "dead-link", "This link has expired", q.framed())
	return nil
}

type joinPage struct {
	Form  *form
	Email string
	Role  hook.Role
	SSO   string // where single sign-on begins; "" for none
}

func (q *request) joinPage(f *form, i hook.Invitation) joinPage {
	p := joinPage{Form: f, Email: i.Email, Role: i.Role}
	if q.OIDC.Issuer != "" {
		p.SSO = Prefix + "/sign-in/sso?" + url.Values{"invitation": {q.PathValue("sealed")}}.Encode()
	}
	return p
}

func (q *request) invitation() (hook.Invitation, error) {
	return q.invitationOf(q.PathValue("sealed"))
}

func (q *request) invitationOf(sealed string) (hook.Invitation, error) {
	l, err := q.Store.OpenLink(sealed)
	if err != nil {
		return hook.Invitation{}, err
	}
	return q.Store.Invitation(q.Context(), l.Invitation)
}

func (q *request) join() error {
	i, err := q.invitation()
	if hook.CodeOf(err) == hook.CodeNotFound {
		return q.dead()
	} else if err != nil {
		return err
	}
	return q.page("join", "Join", q.joinPage(newForm(url.Values{}), i))
}

func (q *request) postJoin() error {
	i, err := q.invitation()
	if hook.CodeOf(err) == hook.CodeNotFound {
		return q.dead()
	} else if err != nil {
		return err
	}
	f := newForm(q.PostForm)
	name := strings.TrimSpace(f.Values.Get("name"))
	if name == "" || len(name) > 200 {
		f.add("/name", "must have 1 to 200 characters")
	}
	if err := hook.CheckPassword(f.Values.Get("password")); err != nil {
		f.refuse(err)
	}
	if len(f.Errors) > 0 {
		f.Error = ""
		q.show(http.StatusUnprocessableEntity, "join", "Join", q.joinPage(f, i))
		return nil
	}
	hash, err := q.hash(q.Context(), f.Values.Get("password"))
	if err != nil {
		return err
	}
	u, err := q.Store.Join(q.Context(), i.ID, name, hash)
	if err != nil {
		if f.refuse(err) {
			q.show(http.StatusConflict, "join", "Join", q.joinPage(f, i))
			return nil
		}
		return err
	}
	if err := q.open(hook.Session{TenantID: u.TenantID, UserID: u.ID, Role: u.Role}); err != nil {
		return err
	}
	return q.to(Prefix+"/", "")
}
