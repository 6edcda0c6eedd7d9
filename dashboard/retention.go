package dashboard

import (
	"net/http"
	"net/url"
	"time"

	"posthorn/client"
	"posthorn/hook"
)

type retentionPage struct {
	Default   time.Duration // of a new endpoint
	Endpoints listed[archiveRow]
	Extend    *client.Endpoint // whose retention is to be extended
	Form      *form
}

// retention shows how long messages are kept. ?endpoint= chooses one whose
// retention is to be extended.
func (q *request) retention() error {
	p := retentionPage{}
	if id := q.URL.Query().Get("endpoint"); id != "" {
		e, err := q.API.Endpoint(q.ctx, id)
		if err != nil {
			return err
		}
		p.Extend, p.Form = &e, newForm(url.Values{"retention": {inDays(e.Retention)}})
	}
	return q.showRetention(http.StatusOK, p)
}

func (q *request) showRetention(status int, p retentionPage) error {
	if p.Default = q.Retention; p.Default == 0 {
		p.Default = hook.DefaultRetention
	}
	ledger, err := q.API.Ledger(q.ctx, false)
	if err != nil {
		return err
	}
	if p.Endpoints, err = q.retained(ledger); err != nil {
		return err
	}
	q.show(status, "retention", "Retention", p)
	return nil
}

// extendRetention locks what an endpoint archives from now on for longer.
// Nobody can take that back: it is asked for twice.
func (q *request) extendRetention() error {
	e, err := q.API.Endpoint(q.ctx, q.PathValue("id"))
	if err != nil {
		return err
	}
	p := retentionPage{Extend: &e, Form: newForm(q.PostForm)}
	d := daysOf(p.Form, "retention")
	switch {
	case d == nil:
		p.Form.Errors["retention"] = "must be a number of days"
	case *d < e.Retention:
		p.Form.add("/retention", "can be extended, never shortened: it is "+inDays(e.Retention)+" days")
	}
	if !p.Form.Values.Has("sure") {
		p.Form.add("/sure", "must be ticked")
	}
	if len(p.Form.Errors) > 0 {
		return q.showRetention(http.StatusUnprocessableEntity, p)
	}
	if _, err := q.API.UpdateEndpoint(q.ctx, e.ID, client.EndpointSettings{Retention: d}); err != nil {
		if p.Form.refuse(err) {
			return q.showRetention(http.StatusUnprocessableEntity, p)
		}
		return err
	}
	return q.to(Prefix+"/settings/retention", "saved")
}
