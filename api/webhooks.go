package api

import (
	"context"
	"net/http"
	"time"

	"posthorn/hook"
)

// WebhookCommon is what every view of a webhook shows.
type WebhookCommon struct {
	ID                  hook.ID           `json:"id"`
	Name                string            `json:"name"`
	URL                 string            `json:"url"`
	Format              hook.Format       `json:"format" enum:"standard,platform,sendcomms,inboxcomponents,commenda"`
	RetryPolicy         []int             `json:"retry_policy" doc:"Seconds between attempts"`
	DisableAfter        int               `json:"disable_after" doc:"Consecutive failures"`
	Timeout             duration          `json:"timeout"`
	Headers             map[string]string `json:"headers"`
	SurveyID            *string           `json:"survey_id"`
	Filter              *string           `json:"filter"`
	FilterError         *filterErrorView  `json:"filter_error" doc:"The last event of which the filter could not tell whether it matches"`
	Transform           *string           `json:"transform"`
	OrderedBy           *string           `json:"ordered_by"`
	OrderedOnFailure    *hook.OnFailure   `json:"ordered_on_failure"`
	OrderError          *filterErrorView  `json:"order_error" doc:"The last event whose key could not be told: those go one after another"`
	RateLimit           *int              `json:"rate_limit" doc:"Attempts per second, retries among them"`
	MaxInFlight         *int              `json:"max_in_flight" doc:"Attempts at the same time"`
	APIVersion          string            `json:"api_version" doc:"Of the commenda format"`
	ConsecutiveFailures int               `json:"consecutive_failures"`
	DisabledReason      *string           `json:"disabled_reason"`
	CreatedAt           timestamp         `json:"created_at"`
	UpdatedAt           timestamp         `json:"updated_at"`
	Signatures          []hook.Signature  `json:"signatures" enum:"v1,v1a" doc:"Of the header webhook-signature: v1 is HMAC-SHA256 by the secret, v1a ed25519; none where deliveries are not signed"`
	PublicKey           *string           `json:"public_key" doc:"By which v1a is checked: whpk_ and base64. Also at /.well-known/posthorn/jwks.json?webhook_id=…"`
	KeyID               *string           `json:"key_id" doc:"Its kid there"`
	Secret              *string           `json:"secret,omitempty" doc:"Once, when it is made or rotated"`
}

type filterErrorView struct {
	_ struct{} `nullable:"true"`

	EventID hook.ID   `json:"event_id"`
	Message string    `json:"message"`
	At      timestamp `json:"at"`
}

type webhookView struct {
	WebhookCommon
	Events []string `json:"events"`
	Active bool     `json:"active"`
}

// SharedSettings is what a user may set under the same names everywhere, at
// creation and later.
type SharedSettings struct {
	Name         *string            `json:"name,omitempty" pattern:"^[^\\x00]*$" patternDescription:"text without NUL" doc:"The URL's host if left out"`
	URL          *string            `json:"url,omitempty"`
	Format       *hook.Format       `json:"format,omitempty" enum:"standard,platform,sendcomms,inboxcomponents,commenda"`
	RetryPolicy  *[]int             `json:"retry_policy,omitempty"`
	DisableAfter *int               `json:"disable_after,omitempty" minimum:"1" maximum:"10000"`
	Timeout      *duration          `json:"timeout,omitempty"`
	Headers      *map[string]string `json:"headers,omitempty"`
	Signatures   *[]hook.Signature  `json:"signatures,omitempty" enum:"v1,v1a" uniqueItems:"true" doc:"Of the header webhook-signature: v1 is HMAC-SHA256 by the secret, v1a ed25519 by a key pair whose public key the webhook shows. Left out: v1, unless secret is empty. What is taken away is forgotten, secret or key pair; what is added is made."`
	SurveyID     nullable[string]   `json:"survey_id,omitempty" doc:"Only events whose data.surveyId is this; at most 10 webhooks a survey"`
	Filter       nullable[string]   `json:"filter,omitempty" doc:"CEL over id, type, data, occurred_at: true for what is delivered"`
	Transform    nullable[string]   `json:"transform,omitempty" doc:"CEL over the same: what is sent as data"`
	OrderedBy    nullable[string]   `json:"ordered_by,omitempty" doc:"CEL over the same: a string; events of one are delivered one after another"`

	OrderedOnFailure nullable[hook.OnFailure] `json:"ordered_on_failure,omitempty" doc:"hold (the default beside ordered_by) or skip"`

	RateLimit   nullable[int] `json:"rate_limit,omitempty" minimum:"0" maximum:"10000" doc:"Attempts per second, retries among them; 0 or null: not bounded"`
	MaxInFlight nullable[int] `json:"max_in_flight,omitempty" minimum:"0" maximum:"1000" doc:"Attempts at the same time; 0 or null: not bounded"`

	APIVersion *string `json:"api_version,omitempty" enum:"v1.0" doc:"Of the commenda format"`
}

// WebhookSettings is what a user may set, at creation and later.
type WebhookSettings struct {
	SharedSettings
	Events *[]string `json:"events,omitempty" doc:"Event types, topics, or patterns that end in *"`
	Active *bool     `json:"active,omitempty"`
}

type newWebhook struct {
	WebhookSettings
	Secret nullable[string] `json:"secret,omitempty" doc:"Generated if left out; empty or null: deliveries are not signed"`
}

func (s *server) webhookRoutes(r *router) {
	const tag = "Webhooks"
	addCreate(r, route{method: "POST", path: "/api/v1/webhooks", summary: "Create a webhook", tag: tag, roles: operators,
		status: http.StatusCreated}, s.createWebhook)
	addList(r, route{method: "GET", path: "/api/v1/webhooks", summary: "List webhooks", tag: tag, roles: readers}, s.listWebhooks)
	add(r, route{method: "GET", path: "/api/v1/webhooks/{id}", summary: "Show a webhook", tag: tag, roles: readers}, s.getWebhook)
	add(r, route{method: "PATCH", path: "/api/v1/webhooks/{id}", summary: "Change a webhook", tag: tag, roles: operators}, s.updateWebhook)
	add(r, route{method: "DELETE", path: "/api/v1/webhooks/{id}", summary: "Delete a webhook", tag: tag, roles: operators}, s.deleteWebhook)
	add(r, route{method: "DELETE", path: "/api/v1/webhooks", summary: "Delete a webhook named in the query", tag: tag, roles: operators},
		func(ctx context.Context, who caller, in *struct {
			ID string `query:"id" required:"true"`
		}) (deleted, error) {
			return s.deleteWebhook(ctx, who, &IDInput{ID: in.ID})
		})
	add(r, route{method: "POST", path: "/api/v1/webhooks/{id}/rotate", summary: "Give a webhook a new secret", tag: tag, roles: operators}, s.rotateWebhook)
	add(r, route{method: "POST", path: "/api/v1/webhooks/{id}/enable", summary: "Enable a webhook and resume what it held", tag: tag, roles: operators}, s.enableWebhook)
}

func (s *server) createWebhook(ctx context.Context, who caller, in *creation[newWebhook]) (webhookView, error) {
	var events []string
	set(&events, in.Body.Events)
	return s.newWebhook(ctx, who, &in.Body, hook.DefaultFormat(events))
}

// newWebhook makes a webhook, of a format where none is given.
func (s *server) newWebhook(ctx context.Context, who caller, in *newWebhook, format hook.Format) (webhookView, error) {
	w := in.draft(who.Tenant, format)
	secret, err := in.sign(&w)
	if err != nil {
		return webhookView{}, err
	}
	if err := s.checkWebhook(&w); err != nil {
		return webhookView{}, err
	}
	w, err = s.Store.CreateWebhook(ctx, w)
	return showWebhook(w, secret), err
}

// draft is a webhook of some settings that is not stored; its format is another
// where they say so.
func (in *WebhookSettings) draft(tenant hook.ID, format hook.Format) hook.Webhook {
	w := hook.Webhook{ID: hook.NewID(), TenantID: tenant, Active: true, Format: format}
	set(&w.Format, in.Format)
	w.RetryPolicy, w.DisableAfter, w.Timeout = w.Format.DefaultRetryPolicy(), w.Format.DefaultDisableAfter(), w.Format.DefaultTimeout()
	in.apply(&w)
	if w.Name == "" {
		w.Name = hook.DefaultName(w.URL)
	}
	return w
}

func (s *server) listWebhooks(ctx context.Context, who caller, in *PageInput) (page[webhookView], error) {
	q, err := in.store()
	if err != nil {
		return page[webhookView]{}, err
	}
	rows, err := s.Store.Webhooks(ctx, who.Tenant, q)
	return pageOf(*in, rows, func(w hook.Webhook) hook.ID { return w.ID },
		func(w hook.Webhook) webhookView { return showWebhook(w, "") }), err
}

func (s *server) getWebhook(ctx context.Context, who caller, in *IDInput) (webhookView, error) {
	id, err := in.id("webhook")
	if err != nil {
		return webhookView{}, err
	}
	w, err := s.Store.Webhook(ctx, who.Tenant, id)
	return showWebhook(w, ""), err
}

func (s *server) updateWebhook(ctx context.Context, who caller, in *struct {
	IDInput
	Body WebhookSettings
}) (webhookView, error) {
	return s.changeWebhook(ctx, who, in.IDInput, &in.Body)
}

func (s *server) changeWebhook(ctx context.Context, who caller, in IDInput, settings *WebhookSettings) (webhookView, error) {
	return s.editWebhook(ctx, who, in, func(w *hook.Webhook) (secret hook.Secret, err error) {
		set(&w.Format, settings.Format)
		settings.apply(w)
		if settings.Signatures != nil {
			secret = w.SetSignatures(*settings.Signatures)
		}
		return secret, s.checkWebhook(w)
	})
}

func (s *server) deleteWebhook(ctx context.Context, who caller, in *IDInput) (deleted, error) {
	id, err := in.id("webhook")
	if err != nil {
		return deleted{}, err
	}
	return deleted{ID: id, Deleted: true}, s.Store.DeleteWebhook(ctx, who.Tenant, id)
}

func (s *server) rotateWebhook(ctx context.Context, who caller, in *struct {
	IDInput
	Body *rotation
}) (webhookView, error) {
	return s.editWebhook(ctx, who, in.IDInput, in.Body.rotateKeys)
}

func (s *server) enableWebhook(ctx context.Context, who caller, in *IDInput) (webhookView, error) {
	return s.editWebhook(ctx, who, *in, func(w *hook.Webhook) (hook.Secret, error) {
		w.Active = true
		return "", nil
	})
}

// editWebhook changes a webhook and shows it, with the secret that the edit made.
func (s *server) editWebhook(ctx context.Context, who caller, in IDInput, edit func(*hook.Webhook) (hook.Secret, error)) (webhookView, error) {
	id, err := in.id("webhook")
	if err != nil {
		return webhookView{}, err
	}
	var secret hook.Secret
	w, err := s.Store.UpdateWebhook(ctx, who.Tenant, id, func(w *hook.Webhook) (err error) {
		secret, err = edit(w)
		return err
	})
	return showWebhook(w, secret), err
}

func (in *WebhookSettings) apply(w *hook.Webhook) {
	set(&w.Name, in.Name)
	set(&w.URL, in.URL)
	set(&w.Events, in.Events)
	set(&w.Active, in.Active)
	set(&w.RetryPolicy, in.RetryPolicy)
	set(&w.DisableAfter, in.DisableAfter)
	set(&w.Headers, in.Headers)
	if in.Timeout != nil {
		w.Timeout = in.Timeout.Round(time.Millisecond)
	}
	in.SurveyID.set(&w.SurveyID)
	in.Filter.set(&w.Filter)
	in.Transform.set(&w.Transform)
	in.OrderedBy.set(&w.OrderedBy)
	in.OrderedOnFailure.set(&w.OrderedOnFailure)
	in.RateLimit.set(&w.RateLimit)
	in.MaxInFlight.set(&w.MaxInFlight)
	switch {
	case w.OrderedBy == "" && !in.OrderedOnFailure.Set:
		w.OrderedOnFailure = ""
	case w.OrderedBy != "" && w.OrderedOnFailure == "":
		w.OrderedOnFailure = hook.OnFailureHold
	}
}

func showWebhook(w hook.Webhook, secret hook.Secret) webhookView {
	view := webhookView{Events: w.Events, Active: w.Active, WebhookCommon: WebhookCommon{
		ID: w.ID, Name: w.Name, URL: w.URL, Format: w.Format, RetryPolicy: w.RetryPolicy,
		DisableAfter: w.DisableAfter, Timeout: duration{w.Timeout}, Headers: w.Headers, SurveyID: given(w.SurveyID),
		Filter: given(w.Filter), Transform: given(w.Transform), OrderedBy: given(w.OrderedBy),
		OrderedOnFailure: given(w.OrderedOnFailure), APIVersion: hook.APIVersion, DisabledReason: given(w.DisabledReason),
		ConsecutiveFailures: w.ConsecutiveFailures, CreatedAt: timestamp{w.CreatedAt}, UpdatedAt: timestamp{w.UpdatedAt},
		Secret: given(secret.Reveal()), Signatures: w.Signatures(), RateLimit: bound(w.RateLimit), MaxInFlight: bound(w.MaxInFlight),
	}}
	if keys := w.PublicKeys(); len(keys) > 0 {
		view.PublicKey, view.KeyID = new(keys[0].String()), new(keys[0].ID())
	}
	if view.Headers == nil {
		view.Headers = map[string]string{}
	}
	view.FilterError, view.OrderError = showFilterError(w.FilterError), showFilterError(w.OrderError)
	return view
}

func showFilterError(e *hook.FilterError) *filterErrorView {
	if e == nil {
		return nil
	}
	return &filterErrorView{EventID: e.EventID, Message: e.Message, At: timestamp{e.At}}
}

// bound is a limit, or nil where there is none.
func bound(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

// given is a text, or nil where it is empty.
func given[T ~string](text T) *T {
	if text == "" {
		return nil
	}
	return &text
}
