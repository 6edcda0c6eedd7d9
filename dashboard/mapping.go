package dashboard

import (
	"net/http"
	"reflect"

	"posthorn/client"
	"posthorn/hook"
)

type mappingPage struct {
	Endpoint client.Endpoint
	Form     *form
	Parts    []mappingPart
	Fields   []mapped
	Refused  []client.RefusedRequest // payloads that are kept, to try it on
	Kept     int                     // how many there are
	Result   *client.Mapped          // of a try
}

// samplesShown are the refused payloads that a mapping can be tried on.
const samplesShown = 20

// editMapping shows an endpoint's mapping. ?refused= chooses a refused request
// to try it on.
func (q *request) editMapping() error {
	e, err := q.mappable()
	if err != nil {
		return err
	}
	f := newForm(fillMapping(e.Mapping))
	if id := q.URL.Query().Get("refused"); id != "" {
		f.Values.Set("refused", id)
	}
	return q.showMapping(http.StatusOK, mappingPage{Endpoint: e, Form: f})
}

func (q *request) mappable() (client.Endpoint, error) {
	e, err := q.API.Endpoint(q.ctx, q.PathValue("id"))
	if err == nil && e.Provider != "" {
		err = hook.Conflict("callbacks of " + e.Provider + " are understood as they are: a mapping is for other platforms' JSON")
	}
	return e, err
}

func (q *request) showMapping(status int, p mappingPage) error {
	got, err := q.API.Refused(q.ctx, p.Endpoint.ID)
	if err != nil {
		return err
	}
	for _, r := range got.Last {
		if r.Kept != client.KeptPayload || !r.ReadmittedAt.IsZero() {
			continue
		}
		if p.Kept++; p.Kept <= samplesShown || r.ID == p.Form.Values.Get("refused") {
			p.Refused = append(p.Refused, r)
		}
	}
	if !p.Form.Values.Has("refused") && len(p.Refused) > 0 {
		p.Form.Values.Set("refused", p.Refused[0].ID)
	}
	p.Parts, p.Fields = mappingParts, rows(p.Form)
	q.show(status, "mapping", "Mapping of "+p.Endpoint.Name, p)
	return nil
}

// saveMapping tries a mapping, or puts it in force.
func (q *request) saveMapping() error {
	e, err := q.mappable()
	if err != nil {
		return err
	}
	p := mappingPage{Endpoint: e, Form: newForm(q.PostForm)}
	m := mappingOf(p.Form)
	if q.PostForm.Get("do") == "try" {
		return q.tryMapping(p, m)
	}
	if reflect.ValueOf(m).IsZero() {
		p.Form.add("/external_id", "is required: a CEL expression")
	}
	if len(p.Form.Errors) == 0 {
		_, err := q.API.UpdateEndpoint(q.ctx, e.ID, client.EndpointSettings{Mapping: &m})
		if err == nil {
			return q.to(endpointsPath+"/"+e.ID+"/mapping", "saved")
		}
		if refused := refusal(err); refused.StatusCode != http.StatusUnprocessableEntity || !p.Form.locate(refused.Fields) {
			return err
		}
	}
	return q.showMapping(http.StatusUnprocessableEntity, p)
}

func (q *request) tryMapping(p mappingPage, m client.Mapping) error {
	sample := sampleOf(p.Form)
	if len(p.Form.Errors) > 0 {
		return q.showMapping(http.StatusUnprocessableEntity, p)
	}
	result, err := q.API.TestMapping(q.ctx, p.Endpoint.ID, &m, sample)
	switch refused := refusal(err); {
	case err == nil:
		p.Form.locate(result.Errors)
		p.Result = &result
		return q.showMapping(http.StatusOK, p)
	case refused.StatusCode == http.StatusUnprocessableEntity && p.Form.locate(refused.Fields):
	case refused.StatusCode == http.StatusConflict, refused.StatusCode == http.StatusNotFound:
		p.Form.Error = "This refused request is not kept any longer. Choose another."
		p.Form.Values.Del("refused")
	default:
		return err
	}
	return q.showMapping(http.StatusUnprocessableEntity, p)
}

// endMapping lets messages come as they are.
func (q *request) endMapping() error {
	e, err := q.mappable()
	if err != nil {
		return err
	}
	if _, err := q.API.UpdateEndpoint(q.ctx, e.ID, client.EndpointSettings{Mapping: &client.Mapping{}}); err != nil {
		return err
	}
	return q.to(endpointsPath+"/"+e.ID, "saved")
}
