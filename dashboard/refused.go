package dashboard

import (
	"io"
	"net/http"
	"unicode/utf8"

	"posthorn/client"
)

type refusedPage struct {
	Endpoint    client.Endpoint
	Refused     client.RefusedRequest
	Body        string // of what is kept, or its beginning
	Cut, Binary bool
	CanAdmit    bool
	Mapped      *client.Mapped // by the endpoint's mapping; nil where it has none
	Problem     string         // why it is refused again
}

func (q *request) refusedRequest() error { return q.showRefused(http.StatusOK, "") }

// showRefused says why a request was refused, with as much of it as is kept.
func (q *request) showRefused(status int, problem string) (err error) {
	p := refusedPage{Problem: problem}
	if p.Endpoint, err = q.API.Endpoint(q.ctx, q.PathValue("id")); err != nil {
		return err
	}
	if p.Refused, err = q.API.RefusedRequest(q.ctx, p.Endpoint.ID, q.PathValue("rid")); err != nil {
		return err
	}
	if p.CanAdmit = p.Refused.Request != nil; p.CanAdmit {
		if err := q.keptBody(&p); err != nil {
			return err
		}
		operates := view{Session: q.session}.Operates()
		if p.Endpoint.Mapping != nil && p.Refused.Kept == client.KeptPayload && operates {
			mapped, err := q.API.TestMapping(q.ctx, p.Endpoint.ID, nil, client.MappingSample{RefusedID: p.Refused.ID})
			if err != nil {
				return err
			}
			p.Mapped = &mapped
		}
	}
	q.show(status, "refused", "Refused request", p)
	return nil
}

func (q *request) keptBody(p *refusedPage) error {
	file, err := q.API.RefusedRaw(q.ctx, p.Endpoint.ID, p.Refused.ID)
	if err != nil {
		return err
	}
	defer file.Body.Close()
	content, err := io.ReadAll(io.LimitReader(file.Body, shownRefused))
	p.Body, p.Cut, p.Binary = string(content), p.Refused.Size > len(content), !utf8.Valid(content)
	return err
}

// shownRefused is how much of a refused request's body its page shows, in bytes.
const shownRefused = 16 << 10

func (q *request) readmit() error {
	accepted, err := q.API.Readmit(q.ctx, q.PathValue("id"), q.PathValue("rid"))
	f := newForm(nil)
	if err != nil && f.refuse(err) {
		return q.showRefused(http.StatusUnprocessableEntity, detailOf(refusal(err)))
	} else if err != nil {
		return err
	}
	return q.to(Prefix+"/messages/"+accepted.ID, "admitted")
}

// readmitAll admits what can be; the endpoint's page shows what stays.
func (q *request) readmitAll() error {
	got, err := q.API.ReadmitAll(q.ctx, q.PathValue("id"))
	if err != nil {
		return err
	}
	said := "admitted-all"
	if got.Refused > 0 {
		said = "admitted-some"
	}
	return q.to(endpointsPath+"/"+q.PathValue("id"), said)
}
