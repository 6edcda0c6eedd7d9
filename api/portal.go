package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"posthorn/hook"
)

// How long a portal link is good for.
const (
	defaultPortalTime = time.Hour
	maxPortalTime     = 30 * 24 * time.Hour
)

type newPortalLink struct {
	Role      *hook.Role `json:"role,omitempty" enum:"operator,auditor" doc:"What whoever opens it may do; operator if left out"`
	ExpiresIn *duration  `json:"expires_in,omitempty" doc:"How long it can be opened; an hour if left out, at most 30 days"`
	Path      *string    `json:"path,omitempty" doc:"The page that it leads to, such as /portal/webhooks"`
	Frames    []string   `json:"frame_ancestors,omitempty" doc:"Origins whose pages may show those of the link in a frame, such as https://app.example.com; at most 10, none if left out"`
}

type portalLinkView struct {
	URL       string    `json:"url" doc:"Whoever has it sees the tenant's pages: give it to nobody else"`
	Role      hook.Role `json:"role"`
	ExpiresAt timestamp `json:"expires_at"`
	Frames    []string  `json:"frame_ancestors" doc:"Origins whose pages may frame it"`
}

func (v portalLinkView) withoutSecret() portalLinkView {
	v.URL = ""
	return v
}

func (s *server) portalRoutes(r *router) {
	addCreate(r, route{
		method: "POST", path: "/api/v1/portal-links", summary: "Make a link into the dashboard", tag: "Tenants", roles: admins,
		status: http.StatusCreated,
		help: "For a tenant's own people, from within another product: the link opens the dashboard without an account. " +
			"It shows this tenant's pages and only those, without members and keys.",
	}, s.createPortalLink)
}

func (s *server) createPortalLink(_ context.Context, who caller, in *creation[newPortalLink]) (portalLinkView, error) {
	role, lasts, path := hook.RoleOperator, duration{defaultPortalTime}, "/portal/"
	set(&role, in.Body.Role)
	set(&lasts, in.Body.ExpiresIn)
	set(&path, in.Body.Path)
	var bad []hook.FieldError
	if lasts.Duration < time.Minute || lasts.Duration > maxPortalTime {
		bad = append(bad, hook.FieldError{Pointer: "/expires_in", Message: "must be between one minute and 30 days"})
	}
	if path != "/portal/" && (!strings.HasPrefix(path, "/portal/") || strings.ContainsAny(path, "\\\r\n\x00") || len(path) > 500) {
		bad = append(bad, hook.FieldError{Pointer: "/path", Message: "must be a page of the dashboard: /portal/…"})
	}
	frames, err := hook.ParseFrames(in.Body.Frames)
	if wrong, ok := errors.AsType[*hook.Error](err); ok {
		bad = append(bad, wrong.Fields...)
	}
	if len(bad) > 0 {
		return portalLinkView{}, hook.Invalid("the link is not valid", bad...)
	}
	link := hook.Link{TenantID: who.Tenant, Role: role, Path: path, Frames: frames, ExpiresAt: hook.Time(time.Now().Add(lasts.Duration))}
	sealed, err := s.Store.SealLink(link)
	return portalLinkView{URL: s.URL + "/portal/link/" + sealed, Role: role, ExpiresAt: timestamp{link.ExpiresAt}, Frames: append([]string{}, frames...)}, err
}
