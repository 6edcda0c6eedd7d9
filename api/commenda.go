package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"posthorn/hook"
)

// commendaView is a webhook in the words of Commenda's API.
type commendaView struct {
	WebhookCommon
	Topics []string `json:"topics"`
	State  string   `json:"state" enum:"ENABLED,DISABLED"`
}

// CommendaSettings is what a user may set in these words.
type CommendaSettings struct {
	SharedSettings
	Topics *[]string `json:"topics,omitempty" doc:"Event types, topics, or patterns that end in *"`
	State  *string   `json:"state,omitempty" enum:"ENABLED,DISABLED"`
}

type newCommenda struct {
	CommendaSettings
	Secret nullable[string] `json:"secret,omitempty" doc:"Generated if left out; empty or null: deliveries are not signed"`
}

const (
	stateEnabled  = "ENABLED"
	stateDisabled = "DISABLED"
)

// commendaRoutes serve the same webhooks as /api/v1/webhooks.
func (s *server) commendaRoutes(r *router) {
	at := func(method, path, id, summary string, roles []hook.Role) route {
		return route{method: method, path: path, id: "commenda-" + id, summary: summary, tag: "Webhooks (Commenda)", roles: roles}
	}
	create := at("POST", "/webhooks", "create-webhook", "Create a webhook", operators)
	create.status = http.StatusCreated
	addCreate(r, create, s.createCommenda)
	addList(r, at("GET", "/webhooks", "list-webhooks", "List webhooks", readers), s.listCommenda)
	add(r, at("GET", "/webhooks/{id}", "get-webhook", "Show a webhook", readers),
		func(ctx context.Context, who caller, in *IDInput) (commendaView, error) {
			v, err := s.getWebhook(ctx, who, in)
			return commendaOf(v), err
		})
	add(r, at("POST", "/webhooks/{id}", "update-webhook", "Change a webhook", operators),
		func(ctx context.Context, who caller, in *struct {
			IDInput
			Body CommendaSettings
		}) (commendaView, error) {
			v, err := s.changeWebhook(ctx, who, in.IDInput, in.Body.settings())
			return commendaOf(v), commendaError(err)
		})
	add(r, at("DELETE", "/webhooks/{id}", "delete-webhook", "Delete a webhook", operators), s.deleteWebhook)
	add(r, at("POST", "/webhooks/test/trigger/{id}", "test-webhook", "Send a webhook a test event", operators), s.testCommenda)
}

func (s *server) createCommenda(ctx context.Context, who caller, in *creation[newCommenda]) (commendaView, error) {
	settings := newWebhook{WebhookSettings: *in.Body.settings(), Secret: in.Body.Secret}
	v, err := s.newWebhook(ctx, who, &settings, hook.FormatCommenda)
	return commendaOf(v), commendaError(err)
}

func (s *server) listCommenda(ctx context.Context, who caller, in *PageInput) (page[commendaView], error) {
	list, err := s.listWebhooks(ctx, who, in)
	out := page[commendaView]{next: list.next}
	for _, v := range list.items {
		out.items = append(out.items, commendaOf(v))
	}
	return out, err
}

func (s *server) testCommenda(ctx context.Context, who caller, in *struct {
	IDInput
	Prefer []string `header:"Prefer" doc:"wait=N: hold the answer until the attempt is made, for at most N seconds (RFC 7240)"`
	Body   *struct {
		Topic *string `json:"topic,omitempty" doc:"An event type; left out: one that the webhook subscribes to"`
	}
}) (deliveryView, error) {
	test := testInput{IDInput: in.IDInput, Prefer: in.Prefer}
	if in.Body != nil {
		test.Body = &trigger{Type: in.Body.Topic}
	}
	v, err := s.testWebhook(ctx, who, &test)
	return v, commendaError(err)
}

func (in *CommendaSettings) settings() *WebhookSettings {
	settings := &WebhookSettings{SharedSettings: in.SharedSettings, Events: in.Topics}
	if in.State != nil {
		settings.Active = new(*in.State == stateEnabled)
	}
	return settings
}

func commendaOf(v webhookView) commendaView {
	out := commendaView{WebhookCommon: v.WebhookCommon, Topics: v.Events, State: stateEnabled}
	if !v.Active {
		out.State = stateDisabled
	}
	return out
}

// commendaError names fields as they were sent.
func commendaError(err error) error {
	bad, ok := errors.AsType[*hook.Error](err)
	if !ok {
		return err
	}
	renamed := *bad
	renamed.Fields = make([]hook.FieldError, len(bad.Fields))
	for i, f := range bad.Fields {
		if rest, ok := strings.CutPrefix(f.Pointer, "/events"); ok {
			f.Pointer = "/topics" + rest
		} else if f.Pointer == "/type" {
			f.Pointer = "/topic"
		}
		renamed.Fields[i] = f
	}
	return &renamed
}
