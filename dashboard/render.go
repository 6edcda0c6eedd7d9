package dashboard

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"posthorn/hook"
)

//go:embed pages
var pageFiles embed.FS

// templates are the pages, each with the layout around it.
type templates struct{ byName map[string]*template.Template }

func loadTemplates(a *assets) (*templates, error) {
	t := &templates{byName: map[string]*template.Template{}}
	names, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		return nil, err
	}
	for _, file := range names {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if name == "layout" || name == "parts" {
			continue
		}
		t.byName[name], err = template.New("layout.html").Funcs(functions(a)).
			ParseFS(pageFiles, "pages/layout.html", "pages/parts.html", file)
		if err != nil {
			return nil, err
		}
	}
	return t, nil
}

// view is what the layout shows around a page's data.
type view struct {
	Title   string
	Path    string // of the request
	Session hook.Session
	Signed  bool // somebody signed in
	Person  bool // with an account
	Done    string
	Data    any
}

// May reports whether whoever looks may send a form or open a page.
func (v view) May(method, path string) bool {
	for _, rt := range routes() {
		if rt.method == method && rt.path == path {
			return rt.allows(v.Session.Role) && (v.Person || !rt.people)
		}
	}
	return false
}

// Operates reports whether whoever looks may change things.
func (v view) Operates() bool {
	return v.Session.Role == hook.RoleAdmin || v.Session.Role == hook.RoleOperator
}

// In reports whether the request's page lies below a path.
func (v view) In(path string) bool {
	own := strings.TrimPrefix(v.Path, Prefix)
	return own == path || path != "/" && strings.HasPrefix(own, path+"/")
}

// done are the messages that a page opens with after a form.
var done = map[string]string{
	"saved": "Saved.", "deleted": "Deleted.", "enabled": "Enabled. What was held is on its way.", "disabled": "Disabled. What comes is held.",
	"resent": "A further attempt is on its way.", "cancelled": "Cancelled.", "password": "The password is changed. Every other session is over.",
	"out": "You are signed out.", "everywhere": "You are signed out everywhere.", "role": "The role is changed.",
	"uninvited": "The invitation is taken back.", "revoked": "The key is revoked.", "recovering": "The recovery has begun.",
	"admitted": "Admitted. It goes the way of every message.", "admitted-all": "What was kept is admitted.",
	"admitted-some": "What could be is admitted. The rest is still refused: open it to see why.",
	"search-saved":  "The search is saved.", "search-deleted": "The saved search is deleted.",
	"resending": "Further attempts are on their way.",
}

// page shows a page that went well.
func (q *request) page(name, title string, data any) error {
	q.show(http.StatusOK, name, title, data)
	return nil
}

// show renders a page in whole before anything is sent.
func (q *request) show(status int, name, title string, data any) {
	v := view{
		Title: title, Path: q.URL.Path, Session: q.session, Data: data, Signed: q.session.TenantID != hook.ID{},
		Person: q.session.UserID != hook.ID{}, Done: done[q.URL.Query().Get("done")],
	}
	var body bytes.Buffer
	if err := q.pages.byName[name].Execute(&body, v); err != nil {
		q.Log.Error("a page cannot be rendered", "page", name, "error", err)
		http.Error(q.w, "this page cannot be shown; the fault is logged", http.StatusInternalServerError)
		return
	}
	q.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	q.w.WriteHeader(status)
	_, _ = q.w.Write(body.Bytes())
}
