package dashboard

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"posthorn/hook"
)

type membersPage struct {
	Users       []hook.User
	Invitations []hook.Invitation
	Form        *form
	Link        string // once
	For         string
}

func (q *request) members() error {
	return q.showMembers(http.StatusOK, membersPage{Form: newForm(url.Values{})})
}

func (q *request) showMembers(status int, p membersPage) (err error) {
	if p.Users, err = q.Store.Users(q.Context(), q.session.TenantID); err != nil {
		return err
	}
	if p.Invitations, err = q.Store.Invitations(q.Context(), q.session.TenantID); err != nil {
		return err
	}
	q.show(status, "members", "Members", p)
	return nil
}

// invitationTime is how long an invitation is good for.
const invitationTime = 7 * 24 * time.Hour

// invite makes a link for somebody; whoever invites sends it to them.
func (q *request) invite() error {
	f := newForm(q.PostForm)
	email, err := hook.ParseEmail(f.Values.Get("email"))
	role := hook.Role(f.Values.Get("role"))
	if err != nil {
		f.refuse(err)
	}
	if !slices.Contains(hook.Roles(), role) {
		f.add("/role", "must be one of the list")
	}
	if f.Error = ""; len(f.Errors) > 0 {
		return q.showMembers(http.StatusUnprocessableEntity, membersPage{Form: f})
	}
	i, err := q.Store.Invite(q.Context(), q.session.TenantID, email, role, invitationTime)
	if err != nil {
		return err
	}
	sealed, err := q.Store.SealLink(hook.Link{TenantID: i.TenantID, Invitation: i.ID, ExpiresAt: i.ExpiresAt})
	if err != nil {
		return err
	}
	return q.showMembers(http.StatusOK, membersPage{Form: newForm(url.Values{}), Link: q.dashboard.URL + Prefix + "/link/" + sealed, For: email})
}

// id is the one in the path.
func (q *request) id(what string) (hook.ID, error) {
	id, err := hook.ParseID(q.PathValue("id"))
	if err != nil {
		return id, hook.NotFound(what)
	}
	return id, nil
}

func (q *request) setRole() error {
	id, err := q.id("member")
	if err != nil {
		return err
	}
	role := hook.Role(q.PostForm.Get("role"))
	if !slices.Contains(hook.Roles(), role) {
		return hook.Invalid("the role must be one of the list")
	}
	if err := q.Store.SetRole(q.Context(), q.session.TenantID, id, role); err != nil {
		return q.refuseMember(err)
	}
	return q.to(Prefix+"/settings/members", "role")
}

func (q *request) removeMember() error {
	id, err := q.id("member")
	if err != nil {
		return err
	}
	if err := q.Store.DeleteUser(q.Context(), q.session.TenantID, id); err != nil {
		return q.refuseMember(err)
	}
	return q.to(Prefix+"/settings/members", "deleted")
}

// refuseMember says on the page itself why a change is not made.
func (q *request) refuseMember(err error) error {
	f := newForm(url.Values{})
	if !f.refuse(err) {
		return err
	}
	return q.showMembers(http.StatusConflict, membersPage{Form: f})
}

func (q *request) uninvite() error {
	id, err := q.id("invitation")
	if err != nil {
		return err
	}
	if err := q.Store.Uninvite(q.Context(), q.session.TenantID, id); err != nil {
		return err
	}
	return q.to(Prefix+"/settings/members", "uninvited")
}
