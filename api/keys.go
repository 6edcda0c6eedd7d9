package api

import (
	"context"
	"net/http"

	"posthorn/hook"
)

type keyView struct {
	ID        hook.ID   `json:"id"`
	Name      string    `json:"name"`
	Role      hook.Role `json:"role"`
	Prefix    string    `json:"prefix" doc:"The key's first characters"`
	CreatedAt timestamp `json:"created_at"`
	Key       *string   `json:"key,omitempty" doc:"The key itself, once, when it is made"`
}

type newKey struct {
	Name string    `json:"name" minLength:"1" maxLength:"200" pattern:"^[^\\x00]*$" patternDescription:"text without NUL"`
	Role hook.Role `json:"role" enum:"admin,operator,producer,auditor"`
}

func (s *server) keyRoutes(r *router) {
	addCreate(r, route{method: "POST", path: "/api/v1/keys", summary: "Create an API key", tag: "Keys", roles: admins,
		status: http.StatusCreated}, s.createKey)
	addList(r, route{method: "GET", path: "/api/v1/keys", summary: "List API keys", tag: "Keys", roles: admins}, s.listKeys)
	add(r, route{method: "DELETE", path: "/api/v1/keys/{id}", summary: "Revoke an API key", tag: "Keys", roles: admins,
		help: "It ends on every replica within a second."}, s.deleteKey)
}

func (s *server) createKey(ctx context.Context, who caller, in *creation[newKey]) (keyView, error) {
	k, secret, err := s.Store.CreateKey(ctx, who.Tenant, in.Body.Name, in.Body.Role)
	view, value := showKey(k), secret.Reveal()
	view.Key = &value
	return view, err
}

func (s *server) listKeys(ctx context.Context, who caller, in *PageInput) (page[keyView], error) {
	q, err := in.store()
	if err != nil {
		return page[keyView]{}, err
	}
	rows, err := s.Store.Keys(ctx, who.Tenant, q)
	return pageOf(*in, rows, func(k hook.APIKey) hook.ID { return k.ID }, showKey), err
}

func (s *server) deleteKey(ctx context.Context, who caller, in *IDInput) (deleted, error) {
	id, err := in.id("key")
	if err != nil {
		return deleted{}, err
	}
	err = s.Store.DeleteKey(ctx, who.Tenant, id)
	s.keys.forget() // here it ends at once
	return deleted{ID: id, Deleted: true}, err
}

// deleted is the answer to every DELETE.
type deleted struct {
	ID      hook.ID `json:"id"`
	Deleted bool    `json:"deleted"`
}

func showKey(k hook.APIKey) keyView {
	return keyView{ID: k.ID, Name: k.Name, Role: k.Role, Prefix: k.Prefix, CreatedAt: timestamp{k.CreatedAt}}
}
