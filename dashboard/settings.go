package dashboard

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"posthorn/client"
)

func (q *request) settings() error {
	t, err := q.API.Tenant(q.ctx)
	if err != nil {
		return err
	}
	return q.page("settings", "Settings", newForm(url.Values{"name": {t.Name}, "notify_emails": {strings.Join(t.NotifyEmails, "\n")}}))
}

func (q *request) saveSettings() error {
	f := newForm(q.PostForm)
	emails := lines(f.Values.Get("notify_emails"))
	if _, err := q.API.UpdateTenant(q.ctx, client.TenantSettings{Name: text(f.Values, "name"), NotifyEmails: &emails}); err != nil {
		if f.refuse(err) {
			q.show(http.StatusUnprocessableEntity, "settings", "Settings", f)
			return nil
		}
		return err
	}
	return q.to(Prefix+"/settings", "saved")
}

type keysPage struct {
	Keys []client.Key
	Form *form
	Made *client.Key // once
}

func (q *request) keys() error {
	return q.showKeys(http.StatusOK, keysPage{Form: newForm(url.Values{})})
}

func (q *request) showKeys(status int, p keysPage) error {
	for k, err := range q.API.Keys(q.ctx) {
		if err != nil {
			return err
		}
		p.Keys = append(p.Keys, k)
	}
	q.show(status, "keys", "API keys", p)
	return nil
}

func (q *request) createKey() error {
	f := newForm(q.PostForm)
	k, err := q.API.CreateKey(q.ctx, strings.TrimSpace(f.Values.Get("name")), f.Values.Get("role"))
	if err != nil {
		if f.refuse(err) {
			return q.showKeys(http.StatusUnprocessableEntity, keysPage{Form: f})
		}
		return err
	}
	return q.showKeys(http.StatusOK, keysPage{Form: newForm(url.Values{}), Made: &k})
}

func (q *request) deleteKey() error {
	if err := q.API.DeleteKey(q.ctx, q.PathValue("id")); err != nil {
		return err
	}
	return q.to(Prefix+"/settings/keys", "revoked")
}

type typesPage struct {
	Types []client.EventType
	Form  *form
}

func (q *request) eventTypes() error {
	return q.showTypes(http.StatusOK, typesPage{Form: newForm(url.Values{})})
}

func (q *request) showTypes(status int, p typesPage) error {
	for t, err := range q.API.EventTypes(q.ctx) {
		if err != nil {
			return err
		}
		if string(t.Schema) == "null" {
			t.Schema = nil
		}
		p.Types = append(p.Types, t)
	}
	q.show(status, "event-types", "Event catalogue", p)
	return nil
}

func (q *request) putType() error {
	f := newForm(q.PostForm)
	var schema json.RawMessage
	if typed := strings.TrimSpace(f.Values.Get("schema")); typed != "" {
		if schema = json.RawMessage(typed); !json.Valid(schema) {
			f.add("/schema", "must be JSON")
			return q.showTypes(http.StatusUnprocessableEntity, typesPage{Form: f})
		}
	}
	if _, err := q.API.PutEventType(q.ctx, strings.TrimSpace(f.Values.Get("type")), *text(f.Values, "description"), schema); err != nil {
		if f.refuse(err) {
			return q.showTypes(http.StatusUnprocessableEntity, typesPage{Form: f})
		}
		return err
	}
	return q.to(Prefix+"/settings/webhooks/event-types", "saved")
}
