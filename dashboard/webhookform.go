package dashboard

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"posthorn/client"
)

// webhookForm is the form that makes or changes a webhook.
type webhookForm struct {
	Form   *form
	ID     string // "" where it is new
	Name   string
	Topics []topic
	Run    *client.DryRun // where it was tried
}

// topic is a part of the catalogue.
type topic struct {
	Name  string
	Types []choice
}

type choice struct {
	Type, Description string
	Chosen            bool
}

// settings reads a webhook out of a form. Bad fields are told by the form.
func settings(f *form, isNew bool) client.WebhookSettings {
	v := f.Values
	events := append(slices.Clone(v["events"]), lines(v.Get("patterns"))...)
	out := client.WebhookSettings{
		Name: text(v, "name"), URL: text(v, "url"), Events: &events, Headers: headersOf(f), Filter: text(v, "filter"),
		Transform: text(v, "transform"), OrderedBy: text(v, "ordered_by"), SurveyID: text(v, "survey_id"),
	}
	if format := v.Get("format"); format != "" {
		out.Format = &format
	}
	if *out.OrderedBy != "" {
		out.OrderedOnFailure = text(v, "ordered_on_failure")
	}
	if isNew && *out.Name == "" {
		out.Name = nil
	}
	if signed := v.Get("signatures"); signed != "" {
		kinds := strings.FieldsFunc(strings.TrimPrefix(signed, "none"), func(r rune) bool { return r == ' ' })
		out.Signatures = &kinds
	}
	out.RateLimit, out.MaxInFlight = boundOf(f, "rate_limit", isNew), boundOf(f, "max_in_flight", isNew)
	out.RetryPolicy = waitsOf(f, isNew)
	out.DisableAfter = numberOf(f, "disable_after")
	if seconds := numberOf(f, "timeout"); seconds != nil {
		d := client.Duration(time.Duration(*seconds) * time.Second)
		out.Timeout = &d
	}
	return out
}

func text(v url.Values, name string) *string {
	s := strings.TrimSpace(strings.ReplaceAll(v.Get(name), "\r\n", "\n"))
	v.Set(name, s) // the places that errors name are in what is shown
	return &s
}

func headersOf(f *form) *map[string]string {
	headers := map[string]string{}
	for _, line := range lines(f.Values.Get("headers")) {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			f.add("/headers", "write one header a line: Name: value")
			continue
		}
		if name = strings.TrimSpace(name); headers[name] != "" {
			f.add("/headers", name+" is there twice")
		}
		headers[name] = strings.TrimSpace(value)
	}
	return &headers
}

// waitsOf reads seconds between attempts; nothing is the format's default for
// a new webhook, and no second attempt for one that there is.
func waitsOf(f *form, isNew bool) *[]int {
	waits := []int{}
	for word := range strings.FieldsFuncSeq(f.Values.Get("retry_policy"), func(r rune) bool { return r == ',' || r == ' ' || r == ';' }) {
		seconds, err := strconv.Atoi(word)
		if err != nil {
			f.add("/retry_policy", "must be seconds, with commas: 1, 5, 30")
			return nil
		}
		waits = append(waits, seconds)
	}
	if len(waits) == 0 && isNew {
		return nil
	}
	return &waits
}

// boundOf reads a bound; nothing is none, which ends one that there is.
func boundOf(f *form, name string, isNew bool) *int {
	if strings.TrimSpace(f.Values.Get(name)) == "" && !isNew {
		return new(0)
	}
	return numberOf(f, name)
}

func numberOf(f *form, name string) *int {
	word := strings.TrimSpace(f.Values.Get(name))
	if word == "" {
		return nil
	}
	n, err := strconv.ParseInt(word, 10, 32)
	if err != nil {
		f.add("/"+name, "must be a whole number")
		return nil
	}
	return new(int(n))
}

// fill is a webhook as its form shows it.
func fill(w client.Webhook) url.Values {
	v := url.Values{
		"name": {w.Name}, "url": {w.URL}, "format": {w.Format}, "events": w.Events, "filter": {w.Filter}, "transform": {w.Transform},
		"ordered_by": {w.OrderedBy}, "ordered_on_failure": {w.OrderedOnFailure}, "survey_id": {w.SurveyID},
		"disable_after": {strconv.Itoa(w.DisableAfter)}, "timeout": {strconv.Itoa(int(time.Duration(w.Timeout).Seconds()))},
	}
	if v.Set("signatures", strings.Join(w.Signatures, " ")); len(w.Signatures) == 0 {
		v.Set("signatures", "none")
	}
	for name, bound := range map[string]int{"rate_limit": w.RateLimit, "max_in_flight": w.MaxInFlight} {
		if bound > 0 {
			v.Set(name, strconv.Itoa(bound))
		}
	}
	var headers, waits []string
	for _, name := range slices.Sorted(maps.Keys(w.Headers)) {
		headers = append(headers, name+": "+w.Headers[name])
	}
	for _, seconds := range w.RetryPolicy {
		waits = append(waits, strconv.Itoa(seconds))
	}
	v.Set("headers", strings.Join(headers, "\n"))
	v.Set("retry_policy", strings.Join(waits, ", "))
	return v
}

// offer puts the catalogue beside a form, and what is chosen and not in it into
// the field for patterns.
func (q *request) offer(p *webhookForm) error {
	chosen := append(slices.Clone(p.Form.Values["events"]), lines(p.Form.Values.Get("patterns"))...)
	known := map[string]bool{}
	for t, err := range q.API.EventTypes(q.ctx) {
		if err != nil {
			return err
		}
		known[t.Type] = true
		if len(p.Topics) == 0 || p.Topics[len(p.Topics)-1].Name != t.Topic {
			p.Topics = append(p.Topics, topic{Name: t.Topic})
		}
		own := &p.Topics[len(p.Topics)-1]
		own.Types = append(own.Types, choice{t.Type, t.Description, slices.Contains(chosen, t.Type)})
	}
	others := slices.DeleteFunc(chosen, func(e string) bool { return known[e] })
	p.Form.Values.Set("patterns", strings.Join(others, "\n"))
	return nil
}

func (q *request) showForm(status int, p webhookForm) error {
	if err := q.offer(&p); err != nil {
		return err
	}
	title := "Create webhook"
	if p.ID != "" {
		title = "Edit " + p.Name
	}
	q.show(status, "webhook-form", title, p)
	return nil
}

func (q *request) newWebhook() error {
	return q.showForm(http.StatusOK, webhookForm{Form: newForm(url.Values{})})
}

func (q *request) createWebhook() error {
	form := webhookForm{Form: newForm(q.PostForm)}
	s := settings(form.Form, true)
	if len(form.Form.Errors) > 0 {
		return q.showForm(http.StatusUnprocessableEntity, form)
	}
	if q.tries() {
		return q.tryWebhook(form, s)
	}
	w, err := q.API.CreateWebhook(q.ctx, s)
	if err != nil {
		return q.refused(form, named(err, *s.Events))
	}
	p := webhookPage{Webhook: w, Secret: w.Secret, Made: true}
	if err := q.surround(&p); err != nil {
		return err
	}
	return q.page("webhook", w.Name, p)
}

func (q *request) editWebhook() error {
	w, err := q.API.Webhook(q.ctx, q.PathValue("id"))
	if err != nil {
		return err
	}
	return q.showForm(http.StatusOK, webhookForm{Form: newForm(fill(w)), ID: w.ID, Name: w.Name})
}

func (q *request) saveWebhook() error {
	w, err := q.API.Webhook(q.ctx, q.PathValue("id"))
	if err != nil {
		return err
	}
	p := webhookForm{Form: newForm(q.PostForm), ID: w.ID, Name: w.Name}
	s := settings(p.Form, false)
	if len(p.Form.Errors) > 0 {
		return q.showForm(http.StatusUnprocessableEntity, p)
	}
	if q.tries() {
		return q.tryWebhook(p, s)
	}
	if _, err := q.API.UpdateWebhook(q.ctx, w.ID, s); err != nil {
		return q.refused(p, named(err, *s.Events))
	}
	return q.to(Prefix+"/webhooks/"+w.ID, "saved")
}

// tryWebhook shows what the webhook of a form would make of recent events.
// Nothing is stored and nothing is sent.
func (q *request) tryWebhook(p webhookForm, s client.WebhookSettings) error {
	run, err := q.API.DryRun(q.ctx, s)
	if err != nil {
		return q.refused(p, named(err, *s.Events))
	}
	p.Run = &run
	return q.showForm(http.StatusOK, p)
}

func (q *request) refused(p webhookForm, err error) error {
	if p.Form.refuse(err) {
		return q.showForm(http.StatusUnprocessableEntity, p)
	}
	return err
}

// tries reports whether a form asks for a try, not to be saved.
func (q *request) tries() bool { return q.PostForm.Get("do") == "try" }
