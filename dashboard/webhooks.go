package dashboard

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"posthorn/client"
	"posthorn/hook"
	"posthorn/store"
)

// pageRows is how many rows a list shows at once.
const pageRows = 25

// listed is a page of a list with its links.
type listed[T any] struct {
	Items       []T
	First, Next string // addresses; "" for none
}

// listOf makes the links of a list, which keep the page's other parameters.
func listOf[T any](q *request, got client.Listed[T]) listed[T] {
	out := listed[T]{Items: got.Items}
	with := func(cursor string) string {
		query := q.URL.Query()
		query.Del("done")
		query.Del("cursor")
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		return q.URL.Path + "?" + query.Encode()
	}
	if q.URL.Query().Get("cursor") != "" {
		out.First = with("")
	}
	if got.Next != "" {
		out.Next = with(got.Next)
	}
	return out
}

func (q *request) cursor() client.Page {
	return client.Page{Limit: pageRows, Cursor: q.URL.Query().Get("cursor")}
}

func (q *request) webhooks() error {
	got, err := q.API.WebhookPage(q.ctx, q.cursor())
	if err != nil {
		return err
	}
	return q.page("webhooks", "Webhooks", listOf(q, got))
}

// webhookPage is a webhook with what happens to it.
type webhookPage struct {
	Webhook    client.Webhook
	Pause      store.Pause
	Most       int
	Last       *client.Attempt // the attempt that disabled it, as far as it is known
	Schedule   schedule
	Deliveries []client.Delivery
	Operations []client.Operation
	Test       *client.Delivery
	TestError  string
	Types      []string // that a test may be of
	Secret     string   // once
	Made       bool
}

func (q *request) webhook() error {
	p, err := q.readWebhook()
	if err != nil {
		return err
	}
	return q.page("webhook", p.Webhook.Name, p)
}

func (q *request) readWebhook() (p webhookPage, err error) {
	if p.Webhook, err = q.API.Webhook(q.ctx, q.PathValue("id")); err != nil {
		return p, err
	}
	return p, q.surround(&p)
}

// surround reads what stands around a webhook.
func (q *request) surround(p *webhookPage) error {
	id, err := hook.ParseID(p.Webhook.ID)
	if err != nil {
		return err
	}
	if p.Pause, err = q.Store.Pause(q.Context(), q.session.TenantID, id); err != nil {
		return err
	}
	p.Most = store.Most
	p.Schedule = newSchedule(p.Webhook.RetryPolicy)
	deliveries, err := q.API.DeliveryPage(q.ctx, client.DeliveryFilter{WebhookID: p.Webhook.ID}, client.Page{Limit: 8})
	if err != nil {
		return err
	}
	p.Deliveries = deliveries.Items
	p.Last = lastFailure(deliveries.Items)
	for o, err := range q.API.Operations(q.ctx, p.Webhook.ID) {
		if err != nil {
			return err
		}
		if p.Operations = append(p.Operations, o); len(p.Operations) == 3 {
			break
		}
	}
	p.Types = sampleTypes(p.Webhook.Events)
	return nil
}

// lastFailure is the newest attempt of some deliveries that failed.
func lastFailure(list []client.Delivery) (last *client.Attempt) {
	for _, d := range list {
		for _, a := range d.Attempts {
			if a.Error != "" && (last == nil || a.StartedAt.After(last.StartedAt)) {
				last = &a
			}
		}
	}
	return last
}

// sampleTypes are the types among a webhook's events, patterns aside.
func sampleTypes(events []string) []string {
	return slices.DeleteFunc(slices.Clone(events), func(e string) bool { return strings.Contains(e, "*") || !strings.Contains(e, ".") })
}

func (q *request) rotateWebhook() error {
	w, err := q.API.RotateWebhook(q.ctx, q.PathValue("id"), overlap(q.PostForm))
	if err != nil {
		return err
	}
	p := webhookPage{Webhook: w, Secret: w.Secret}
	if err := q.surround(&p); err != nil {
		return err
	}
	return q.page("webhook", w.Name, p)
}

// overlap is how long an old secret stays good.
func overlap(values url.Values) time.Duration {
	d, err := time.ParseDuration(values.Get("overlap"))
	if err != nil {
		return 0
	}
	return d
}

// testWait is how long a page waits for a test's answer.
const testWait = 15 * time.Second

func (q *request) testWebhook() error {
	d, err := q.API.TestWebhook(q.ctx, q.PathValue("id"), strings.TrimSpace(q.PostForm.Get("type")), testWait)
	refused, bad := errors.AsType[*client.Error](err)
	if err != nil && (!bad || refused.StatusCode != http.StatusUnprocessableEntity) {
		return err
	}
	p, err := q.readWebhook()
	if err != nil {
		return err
	}
	if p.Test = &d; bad {
		p.Test, p.TestError = nil, detailOf(refused)
	}
	return q.page("webhook", p.Webhook.Name, p)
}

func (q *request) enableWebhook() error {
	if _, err := q.API.EnableWebhook(q.ctx, q.PathValue("id")); err != nil {
		return err
	}
	return q.to(Prefix+"/webhooks/"+q.PathValue("id"), "enabled")
}

func (q *request) disableWebhook() error {
	if _, err := q.API.UpdateWebhook(q.ctx, q.PathValue("id"), client.WebhookSettings{Active: new(false)}); err != nil {
		return err
	}
	return q.to(Prefix+"/webhooks/"+q.PathValue("id"), "disabled")
}

func (q *request) deleteWebhook() error {
	if err := q.API.DeleteWebhook(q.ctx, q.PathValue("id")); err != nil {
		return err
	}
	return q.to(Prefix+"/webhooks", "deleted")
}
