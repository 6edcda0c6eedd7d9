package api

import (
	"context"
	"net/http"
	"net/mail"
	"strconv"

	"posthorn/hook"
)

type tenantView struct {
	ID           hook.ID   `json:"id"`
	Name         string    `json:"name"`
	NotifyEmails []string  `json:"notify_emails"`
	CreatedAt    timestamp `json:"created_at"`
	Key          *string   `json:"key,omitempty" doc:"An admin's API key, once, when the tenant is made"`
}

type newTenant struct {
	Name string `json:"name" minLength:"1" maxLength:"200" pattern:"^[^\\x00]*$" patternDescription:"text without NUL"`
}

func (s *server) tenantRoutes(r *router) {
	addCreate(r, route{method: "POST", path: "/api/v1/tenants", summary: "Create a tenant with its first key", tag: "Tenants",
		access: byRoot, status: http.StatusCreated}, s.createTenant)
	addList(r, route{method: "GET", path: "/api/v1/tenants", summary: "List tenants", tag: "Tenants", access: byRoot}, s.listTenants)
	add(r, route{method: "GET", path: "/api/v1/tenant", summary: "Show your tenant", tag: "Tenants", roles: hook.Roles()}, s.getTenant)
	add(r, route{method: "PATCH", path: "/api/v1/tenant", summary: "Change your tenant", tag: "Tenants", roles: admins}, s.updateTenant)
}

func (s *server) createTenant(ctx context.Context, _ caller, in *creation[newTenant]) (tenantView, error) {
	t, secret, err := s.Store.CreateTenantWithKey(ctx, in.Body.Name)
	view, value := showTenant(t), secret.Reveal()
	view.Key = &value
	return view, err
}

func (s *server) listTenants(ctx context.Context, _ caller, in *PageInput) (page[tenantView], error) {
	q, err := in.store()
	if err != nil {
		return page[tenantView]{}, err
	}
	rows, err := s.Store.Tenants(ctx, q)
	return pageOf(*in, rows, func(t hook.Tenant) hook.ID { return t.ID }, showTenant), err
}

func (s *server) getTenant(ctx context.Context, who caller, _ *struct{}) (tenantView, error) {
	t, err := s.Store.Tenant(ctx, who.Tenant)
	return showTenant(t), err
}

func (s *server) updateTenant(ctx context.Context, who caller, in *struct {
	Body struct {
		Name         *string   `json:"name,omitempty" minLength:"1" maxLength:"200" pattern:"^[^\\x00]*$" patternDescription:"text without NUL"`
		NotifyEmails *[]string `json:"notify_emails,omitempty" maxItems:"50"`
	}
}) (tenantView, error) {
	t, err := s.Store.UpdateTenant(ctx, who.Tenant, func(t *hook.Tenant) error {
		set(&t.Name, in.Body.Name)
		set(&t.NotifyEmails, in.Body.NotifyEmails)
		for i, address := range t.NotifyEmails {
			if parsed, err := mail.ParseAddress(address); err != nil || parsed.Address != address {
				return hook.Invalid("the tenant is not valid",
					hook.FieldError{Pointer: "/notify_emails/" + strconv.Itoa(i), Message: "must be an email address"})
			}
		}
		return nil
	})
	return showTenant(t), err
}

func showTenant(t hook.Tenant) tenantView {
	return tenantView{ID: t.ID, Name: t.Name, NotifyEmails: t.NotifyEmails, CreatedAt: timestamp{t.CreatedAt}}
}
