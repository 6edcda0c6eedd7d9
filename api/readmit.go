package api

import (
	"bytes"
	"context"
	"io"

	"posthorn/hook"
	"posthorn/store"
)

// RefusedInput names a refused request of an endpoint.
type RefusedInput struct {
	IDInput
	RefusedID string `path:"rid" doc:"UUID of the refused request"`
}

// keptView is a refused request with what it was, beside its body.
type keptView struct {
	refusedView
	Request *keptRequest `json:"request" doc:"As it came, credentials replaced; null where nothing is kept, or it was admitted: then the message has it"`
}

type keptRequest struct {
	Method  string      `json:"method"`
	Target  string      `json:"target"`
	Headers [][2]string `json:"headers" doc:"Names and values"`
}

// readmitted is what became of one refused request.
type readmitted struct {
	ID     hook.ID           `json:"id" doc:"Of the refused request"`
	Status int               `json:"status" doc:"That the request is answered with now"`
	Data   *acceptedView     `json:"data,omitempty"`
	Errors []hook.FieldError `json:"errors,omitempty"`
}

// readmission is what became of all of them, the oldest first.
type readmission struct {
	Accepted   int          `json:"accepted" doc:"Messages"`
	Duplicates int          `json:"duplicates" doc:"Of messages that there are"`
	Refused    int          `json:"refused" doc:"They stay as they are"`
	Results    []readmitted `json:"results"`
}

func (s *server) readmitRoutes(r *router) {
	const tag, path = "Endpoints", "/api/v1/endpoints/{id}/refused"
	add(r, route{method: "GET", path: path + "/{rid}", summary: "Show a refused request", tag: tag, roles: readers}, s.getRefused)
	addBytes(r, route{method: "GET", path: path + "/{rid}/raw", summary: "Get a refused request's body as received", tag: tag, roles: readers}, s.rawRefused)
	add(r, route{
		method: "POST", path: path + "/{rid}/readmit", summary: "Admit a refused request, by the endpoint's settings of now", tag: tag, roles: operators,
		help: "It counts as received when it first came, and is admitted once: a second time is a conflict.",
	}, s.readmit)
	add(r, route{
		method: "POST", path: path + "/readmit", summary: "Admit every refused request that is kept", tag: tag, roles: operators,
		help: "Each as by itself, the oldest first. Those that are refused again stay as they are.",
	}, s.readmitAll)
}

func (in *RefusedInput) ids() (endpoint, refused hook.ID, err error) {
	if endpoint, err = in.id("endpoint"); err != nil {
		return endpoint, refused, err
	}
	rid := IDInput{ID: in.RefusedID}
	refused, err = rid.id("refused request")
	return endpoint, refused, err
}

func (s *server) refusedOf(ctx context.Context, who caller, in *RefusedInput) (store.Refusal, error) {
	endpoint, id, err := in.ids()
	if err != nil {
		return store.Refusal{}, err
	}
	return s.Store.Refused(ctx, who.Tenant, endpoint, id)
}

func (s *server) getRefused(ctx context.Context, who caller, in *RefusedInput) (keptView, error) {
	f, err := s.refusedOf(ctx, who, in)
	view := keptView{refusedView: showRefusal(f)}
	if f.Kept != nil {
		request := f.Kept.Request
		view.Request = &keptRequest{Method: request.Method, Target: request.Target, Headers: request.Header}
	}
	return view, err
}

func (s *server) rawRefused(ctx context.Context, who caller, in *RefusedInput) (file, error) {
	f, err := s.refusedOf(ctx, who, in)
	if err != nil {
		return file{}, err
	}
	if f.Kept == nil {
		return file{}, hook.NotFound("body of this refused request: it was not kept, or was admitted and is the message's")
	}
	return file{
		contentType: "application/octet-stream", name: f.ID.String(), size: int64(len(f.Kept.Raw)),
		body: io.NopCloser(bytes.NewReader(f.Kept.Raw)),
	}, nil
}

func (s *server) readmit(ctx context.Context, who caller, in *RefusedInput) (acceptedView, error) {
	endpoint, id, err := in.ids()
	if err != nil {
		return acceptedView{}, err
	}
	e, err := s.Store.Endpoint(ctx, who.Tenant, endpoint)
	if err != nil {
		return acceptedView{}, err
	}
	return s.admitKept(ctx, &e, id)
}

func (s *server) readmitAll(ctx context.Context, who caller, in *IDInput) (readmission, error) {
	out := readmission{Results: []readmitted{}}
	id, err := in.id("endpoint")
	if err != nil {
		return out, err
	}
	e, err := s.Store.Endpoint(ctx, who.Tenant, id)
	if err != nil {
		return out, err
	}
	ids, err := s.Store.Readmittable(ctx, &e)
	if err != nil {
		return out, err
	}
	for _, id := range ids {
		view, err := s.admitKept(ctx, &e, id)
		switch code := hook.CodeOf(err); {
		case err == nil && view.Duplicate:
			out.Duplicates++
		case err == nil:
			out.Accepted++
		case code == hook.CodeConflict || code == hook.CodeNotFound: // another call was first, or it has expired
			continue
		case code == hook.CodeUnavailable || code == "":
			return out, err // the call may be repeated: what was admitted is not admitted again
		default:
			out.Refused++
		}
		out.Results = append(out.Results, readmittedAs(id, view, err))
	}
	return out, nil
}

func readmittedAs(id hook.ID, view acceptedView, err error) readmitted {
	if err == nil {
		return readmitted{ID: id, Status: 200, Data: &view}
	}
	p := problemOf(err)
	if len(p.Errors) == 0 {
		p.Errors = []hook.FieldError{{Message: p.Detail}}
	}
	return readmitted{ID: id, Status: p.Status, Errors: p.Errors}
}

// admitKept makes a message of a refused request, in the way that its endpoint
// makes them of requests.
func (s *server) admitKept(ctx context.Context, e *hook.Endpoint, id hook.ID) (acceptedView, error) {
	var externalID string
	accepted, err := s.Store.Readmit(ctx, e, id, func(k hook.Kept) (*hook.Message, error) {
		m, err := s.messageOf(ctx, e, &k, id)
		if err == nil {
			externalID = m.Payload.ExternalID
		}
		return m, err
	})
	if err != nil {
		return acceptedView{}, err
	}
	return showAccepted(accepted, externalID), nil
}

// messageOf makes a message of a kept request, by the kind of its endpoint.
func (s *server) messageOf(ctx context.Context, e *hook.Endpoint, k *hook.Kept, id hook.ID) (*hook.Message, error) {
	if k.Came != nil {
		return s.messageOfCallback(ctx, e, k, id)
	}
	body, err := k.Request.Decode(k.Raw, hook.MaxBody)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, e, k, body, id)
}
