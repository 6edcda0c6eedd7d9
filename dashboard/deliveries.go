package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"posthorn/client"
	"posthorn/hook"
)

type deliveriesPage struct {
	listed[client.Delivery]
	Status, Webhook, Event string
	Name                   string // the webhook's
	Webhooks               names  // where the list is not of one
	States                 []state
	Tests                  state // with or without tests
}

// state is a filter of a list, as a link.
type state struct {
	Name, URL string
	Chosen    bool
}

// names are those of webhooks, by their ids.
type names map[string]string

// deliveryRows are deliveries as a table shows them.
type deliveryRows struct {
	Items    []client.Delivery
	Webhooks names // nil: all are of one
}

// webhookNames are those of the tenant's webhooks; with very many, the newest.
func (q *request) webhookNames() (names, error) {
	got, err := q.API.WebhookPage(q.ctx, client.Page{Limit: 100})
	out := names{}
	for _, w := range got.Items {
		out[w.ID] = w.Name
	}
	return out, err
}

func (q *request) deliveries() error {
	query := q.URL.Query()
	p := deliveriesPage{Status: query.Get("status"), Webhook: query.Get("webhook"), Event: query.Get("event")}
	f := client.DeliveryFilter{WebhookID: p.Webhook, EventID: p.Event, Status: p.Status}
	if p.Tests = (state{Name: "without tests", URL: q.without("cursor", "test", "false")}); query.Get("test") == "false" {
		f.Test, p.Tests.Chosen, p.Tests.URL = new(false), true, q.without("cursor", "test", "")
	}
	got, err := q.API.DeliveryPage(q.ctx, f, q.cursor())
	if err != nil {
		return err
	}
	p.listed = listOf(q, got)
	if p.Webhook != "" {
		w, err := q.API.Webhook(q.ctx, p.Webhook)
		if err != nil {
			return err
		}
		p.Name = w.Name
	} else if p.Webhooks, err = q.webhookNames(); err != nil {
		return err
	}
	for _, s := range []string{"", client.DeliveryPending, client.DeliveryHeld, client.DeliveryFailed, client.DeliveryDelivered, client.DeliveryCancelled} {
		p.States = append(p.States, state{s, q.without("cursor", "status", s), s == p.Status})
	}
	return q.page("deliveries", "Deliveries", p)
}

// without is the page's address with one parameter taken away and another set;
// "" takes that away too.
func (q *request) without(gone, name, value string) string {
	query := q.URL.Query()
	query.Del("done")
	query.Del(gone)
	if query.Set(name, value); value == "" {
		query.Del(name)
	}
	return q.URL.Path + "?" + query.Encode()
}

// step is one entry of a delivery's time line.
type step struct {
	At      time.Time
	Wait    time.Duration // since the entry before
	Attempt *client.Attempt
	Text    string
	Shade   string
	Open    bool   // what it answered is unfolded
	Before  string // the delivery that it waits for
}

type deliveryPage struct {
	Delivery client.Delivery
	Webhook  client.Webhook // without an id where it is deleted
	Event    client.Event
	Steps    []step
	Curl     string
	Again    bool // it can be attempted again
	Open     bool // it can be cancelled
}

func (q *request) delivery() error {
	d, err := q.API.Delivery(q.ctx, q.PathValue("id"))
	if err != nil {
		return err
	}
	p := deliveryPage{Delivery: d, Steps: timeLine(d)}
	if p.Event, err = q.API.Event(q.ctx, d.EventID); err != nil {
		return err
	}
	p.Webhook, err = q.API.Webhook(q.ctx, d.WebhookID)
	if refused, ok := errors.AsType[*client.Error](err); err != nil && (!ok || refused.StatusCode != http.StatusNotFound) {
		return err
	}
	p.Open = d.Status == client.DeliveryPending || d.Status == client.DeliveryHeld
	p.Again = p.Webhook.ID != "" && (p.Webhook.Active || d.Test)
	if p.Webhook.ID != "" && q.session.Role != hook.RoleAuditor {
		if p.Curl, err = q.curl(p.Webhook, d); err != nil {
			return err
		}
	}
	return q.page("delivery", p.Event.Type, p)
}

// timeLine tells what happened to a delivery, in order, and what comes next.
func timeLine(d client.Delivery) []step {
	steps := []step{{At: d.CreatedAt, Text: "Created", Shade: "calm"}}
	before := d.CreatedAt
	for i, a := range d.Attempts {
		s := step{
			At: a.StartedAt, Wait: a.StartedAt.Sub(before).Round(time.Second), Attempt: &a, Shade: "good", Open: i == len(d.Attempts)-1,
		}
		if a.Error != "" {
			s.Shade = "bad"
		}
		steps, before = append(steps, s), a.StartedAt.Add(time.Duration(a.DurationMS)*time.Millisecond)
	}
	switch {
	case !d.NextAttemptAt.IsZero():
		steps = append(steps, step{At: d.NextAttemptAt, Wait: d.NextAttemptAt.Sub(before).Round(time.Second), Text: "Next attempt", Shade: "busy"})
	case d.WaitsFor != "":
		steps = append(steps, step{Text: "Waits for the one before it", Shade: "busy", Before: d.WaitsFor})
	case d.Status == client.DeliveryPending:
		steps = append(steps, step{Text: "An attempt is about to be made", Shade: "busy"})
	case d.Status == client.DeliveryHeld:
		steps = append(steps, step{At: d.UpdatedAt, Text: "Held, until its webhook is enabled", Shade: "warn"})
	case d.Status == client.DeliveryFailed:
		steps = append(steps, step{At: d.UpdatedAt, Text: "Given up", Shade: "bad"})
	case d.Status == client.DeliveryCancelled:
		steps = append(steps, step{At: d.UpdatedAt, Text: "Cancelled", Shade: "calm"})
	}
	return steps
}

// curl is a command that sends what a delivery sends, without its signature and
// the values of headers, which may be secrets.
func (q *request) curl(w client.Webhook, d client.Delivery) (string, error) {
	shaped, err := q.API.TestTransform(q.ctx, w.ID, "", client.Sample{EventID: d.EventID})
	if err != nil || shaped.Error != "" {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "curl -i %s \\\n  -H 'Content-Type: application/json' \\\n", quote(w.URL))
	names := []string{}
	for name := range w.Headers {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "  -H %s \\\n", quote(name+": …"))
	}
	fmt.Fprintf(&b, "  --data-binary %s", quote(shaped.Body))
	return b.String(), nil
}

// quote writes a text as one word of a shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func (q *request) resend() error {
	if _, err := q.API.RetryDelivery(q.ctx, q.PathValue("id")); err != nil {
		return err
	}
	return q.to(Prefix+"/deliveries/"+q.PathValue("id"), "resent")
}

// resendMany attempts every chosen delivery again, up to the first that cannot
// be.
func (q *request) resendMany() error {
	for _, id := range q.PostForm["id"] {
		if _, err := q.API.RetryDelivery(q.ctx, id); err != nil {
			return err
		}
	}
	return q.to(Prefix+"/deliveries", "resending")
}

func (q *request) cancel() error {
	if _, err := q.API.CancelDelivery(q.ctx, q.PathValue("id")); err != nil {
		return err
	}
	return q.to(Prefix+"/deliveries/"+q.PathValue("id"), "cancelled")
}

type recoverPage struct {
	Webhook client.Webhook
	Form    *form
	Count   *client.Recoverable
	Since   time.Time
}

// recovery shows what a webhook missed since a time, before anything is sent.
func (q *request) recovery() error {
	w, err := q.API.Webhook(q.ctx, q.PathValue("id"))
	if err != nil {
		return err
	}
	p := recoverPage{Webhook: w, Form: newForm(q.URL.Query())}
	if p.Form.Values.Get("since") == "" {
		p.Form.Values = url.Values{"since": {time.Now().UTC().Add(-24 * time.Hour).Format("2006-01-02T15:04")}, "include": {client.IncludeFailed}}
		return q.page("recover", "Recover", p)
	}
	r, ok := recoveryOf(p.Form)
	if !ok {
		q.show(http.StatusUnprocessableEntity, "recover", "Recover", p)
		return nil
	}
	count, err := q.API.CountRecoverable(q.ctx, w.ID, r)
	if err != nil && p.Form.refuse(err) {
		q.show(http.StatusUnprocessableEntity, "recover", "Recover", p)
		return nil
	} else if err != nil {
		return err
	}
	p.Count, p.Since = &count, r.Since
	return q.page("recover", "Recover", p)
}

// recoveryOf reads a recovery; times are in UTC.
func recoveryOf(f *form) (r client.Recovery, ok bool) {
	since, err := time.ParseInLocation("2006-01-02T15:04", f.Values.Get("since")[:min(16, len(f.Values.Get("since")))], time.UTC)
	if err != nil {
		f.add("/since", "must be a date and a time")
		return r, false
	}
	return client.Recovery{Since: since, Include: f.Values.Get("include")}, true
}

func (q *request) startRecovery() error {
	f := newForm(q.PostForm)
	r, ok := recoveryOf(f)
	if !ok {
		return &hook.Error{Code: hook.CodeInvalid, Message: "the time cannot be read"}
	}
	if _, err := q.API.Recover(q.ctx, q.PathValue("id"), r); err != nil {
		return err
	}
	return q.to(Prefix+"/webhooks/"+q.PathValue("id"), "recovering")
}
