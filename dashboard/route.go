package dashboard

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"posthorn/client"
	"posthorn/hook"
)

// route is one page or form. Roles are data, so that a test can prove that no
// page forgot them.
type route struct {
	method, path string
	roles        []hook.Role // beside admin; the API asks for them once more
	open         bool        // it needs no session
	people       bool        // it needs an account: a portal link does not do
	handle       func(*request) error
}

var (
	everyone  = hook.Roles()
	readers   = []hook.Role{hook.RoleOperator, hook.RoleAuditor}
	operators = []hook.Role{hook.RoleOperator}
	admins    = []hook.Role{}
)

func (rt route) allows(role hook.Role) bool {
	return role == hook.RoleAdmin || slices.Contains(rt.roles, role)
}

// request is one request of somebody, with what its page needs.
type request struct {
	*dashboard
	*http.Request
	w       http.ResponseWriter
	ctx     context.Context // calls of the API are made for the session's tenant
	session hook.Session
	token   hook.Secret
	jar     string   // the cookie that the token came in
	framers []string // origins that might frame the session, also once it has ended
}

// serve finds out who asks, and whether they may.
func (d *dashboard) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := &request{dashboard: d, Request: r, w: w, ctx: r.Context()}
		if err := q.enter(rt); err != nil {
			q.fail(err)
		}
	})
}

var errSignIn = errors.New("sign in first")

func (q *request) enter(rt route) error {
	if err := q.identify(); err != nil && (!rt.open || hook.CodeOf(err) != hook.CodeNotFound) {
		if hook.CodeOf(err) != hook.CodeNotFound {
			return err
		}
		return errSignIn
	}
	q.letFrame(q.session.Frames)
	if !rt.open && (!rt.allows(q.session.Role) || rt.people && q.session.UserID == (hook.ID{})) {
		return &hook.Error{Code: hook.CodeForbidden, Message: "your role, " + string(q.session.Role) + ", does not open this page. Ask an admin of your organisation."}
	}
	if q.Method == http.MethodPost {
		if err := q.ParseForm(); err != nil {
			return &hook.Error{Code: hook.CodeMalformed, Message: "the form cannot be read, or is larger than 1 MB"}
		}
	}
	return rt.handle(q)
}

// problem is what a page that failed says.
type problem struct {
	Status    int
	Heading   string
	Detail    string
	RequestID string
	Retry     bool
}

// fail shows an error: what went wrong, and what to do next.
func (q *request) fail(err error) {
	if errors.Is(err, errSignIn) && q.framed() && len(q.framers) > 0 {
		q.letFrame(q.framers)
		q.show(http.StatusUnauthorized, "ended", "This session has ended", nil)
		return
	}
	if errors.Is(err, errSignIn) {
		to := Prefix + "/sign-in"
		if q.Method == http.MethodGet {
			to += "?to=" + url.QueryEscape(q.URL.RequestURI())
		}
		http.Redirect(q.w, q.Request, to, http.StatusSeeOther)
		return
	}
	if errors.Is(err, context.Canceled) {
		return // nobody waits for the page
	}
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError {
		q.Log.Error("a page failed", "method", q.Method, "path", q.URL.Path, "error", err)
	}
	q.show(p.Status, "error", p.Heading, p)
}

func problemOf(err error) problem {
	if refused, ok := errors.AsType[*client.Error](err); ok {
		return problem{
			Status: refused.StatusCode, Heading: headings[refused.StatusCode], Detail: detailOf(refused),
			RequestID: refused.RequestID, Retry: refused.Temporary(),
		}.named()
	}
	if known, ok := errors.AsType[*hook.Error](err); ok {
		status := map[hook.Code]int{
			hook.CodeNotFound: http.StatusNotFound, hook.CodeForbidden: http.StatusForbidden, hook.CodeConflict: http.StatusConflict,
			hook.CodeMalformed: http.StatusBadRequest, hook.CodeInvalid: http.StatusUnprocessableEntity,
			hook.CodeUnavailable: http.StatusServiceUnavailable, hook.CodeTooLarge: http.StatusRequestEntityTooLarge,
		}[known.Code]
		return problem{Status: status, Detail: known.Message, Retry: known.Code == hook.CodeUnavailable}.named()
	}
	return problem{Status: http.StatusInternalServerError, Detail: "This is a fault of ours, and it is logged."}.named()
}

func detailOf(e *client.Error) string {
	parts := []string{e.Detail}
	for _, f := range e.Fields {
		parts = append(parts, f.Pointer+" "+f.Message)
	}
	return strings.Join(parts, "; ")
}

var headings = map[int]string{
	http.StatusNotFound: "There is nothing here", http.StatusForbidden: "You may not open this page",
	http.StatusConflict: "That does not go right now", http.StatusServiceUnavailable: "Back in a moment",
	http.StatusInternalServerError: "Something went wrong", http.StatusTooManyRequests: "Too many attempts",
}

func (p problem) named() problem {
	if p.Status == 0 {
		p.Status = http.StatusInternalServerError
	}
	if p.Heading = headings[p.Status]; p.Heading == "" {
		p.Heading = "That did not work"
	}
	return p
}

func (q *request) missing() error {
	return hook.NotFound("page")
}

func (q *request) foreign() error {
	return &hook.Error{Code: hook.CodeForbidden, Message: "this form was sent from another site; open the page here and send it again"}
}

// to leads on after a form was carried out. done names what to say there.
func (q *request) to(path, done string) error {
	if done != "" {
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		path += separator + "done=" + done
	}
	http.Redirect(q.w, q.Request, path, http.StatusSeeOther)
	return nil
}
