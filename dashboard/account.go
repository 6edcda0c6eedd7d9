package dashboard

import (
	"net/http"
	"net/url"

	"posthorn/hook"
)

type accountPage struct {
	Form        *form
	HasPassword bool // false: they joined by single sign-on
}

func (q *request) account() error {
	u, err := q.Store.User(q.Context(), q.session.TenantID, q.session.UserID)
	if err != nil {
		return err
	}
	return q.page("account", "Your account", accountPage{newForm(url.Values{}), u.Password != nobody})
}

func (q *request) changePassword() error {
	f := newForm(q.PostForm)
	u, err := q.Store.User(q.Context(), q.session.TenantID, q.session.UserID)
	if err != nil {
		return err
	}
	wait, err := q.guess("password:" + u.ID.String())
	if err != nil {
		return err
	}
	right, err := q.check(q.Context(), f.Values.Get("current"), u.Password)
	switch {
	case err != nil:
		return err
	case wait > 0:
		f.add("/current", "too many attempts; try again in a quarter of an hour")
	case !right:
		f.add("/current", "is not your password")
	}
	if err := hook.CheckPassword(f.Values.Get("password")); err != nil {
		f.refuse(err)
	}
	if len(f.Errors) > 0 {
		f.Error = ""
		q.show(http.StatusUnprocessableEntity, "account", "Your account", accountPage{f, u.Password != nobody})
		return nil
	}
	hash, err := q.hash(q.Context(), f.Values.Get("password"))
	if err != nil {
		return err
	}
	if err := q.Store.SetPassword(q.Context(), u.TenantID, u.ID, hash); err != nil {
		return err
	}
	if err := q.Store.ForgetGuesses(q.Context(), "password:"+u.ID.String()); err != nil {
		return err
	}
	if err := q.open(hook.Session{TenantID: u.TenantID, UserID: u.ID, Role: u.Role}); err != nil {
		return err
	}
	return q.to(Prefix+"/account", "password")
}

func (q *request) signOutEverywhere() error {
	if err := q.Store.EndSessions(q.Context(), q.session.TenantID, q.session.UserID); err != nil {
		return err
	}
	q.forget()
	return q.to(Prefix+"/sign-in", "everywhere")
}
