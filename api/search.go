package api

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"posthorn/hook"
	"posthorn/search"
	"posthorn/store"
)

// maxFields bounds how many fields one search may ask for.
const maxFields = 20

// fieldPrefix opens the name of a query parameter that asks for a field.
const fieldPrefix = "field."

// searchHelp is the OpenAPI description of the list of messages.
const searchHelp = `Lists messages, newest first; with q, from, to or field.<path>, those that match all that is given. ` +
	`A message is found by q, from, to and field.<path> shortly after it was accepted, typically within a second; ` +
	`a list without them has every message at once. A cursor works with any filter.`

// messagesInput is what a list of messages may be narrowed by.
type messagesInput struct {
	PageInput
	Q          string `query:"q" doc:"Words that all must be found in the body, the participants, any additional field, the attachments' names or external_id; no case, no accents. -word must not be found, word* is found by its beginning, quotes keep what they hold from being read in this way."`
	EndpointID string `query:"endpoint_id"`
	Status     string `query:"status" enum:"accepted,in_flight,archived" doc:"accepted, for which in_flight is the ledger's word: not archived yet"`
	From       string `query:"from" doc:"The sender's identifier, whole; no case"`
	To         string `query:"to" doc:"A recipient's identifier, whole; no case"`
	After      string `query:"after" doc:"Received at or after"`
	Before     string `query:"before" doc:"Received before"`
	fields     []search.Field
}

// fieldParameter describes what has no fixed name.
func fieldParameter() *huma.Param {
	return &huma.Param{
		Name: "field.{path}", In: "query", Schema: &huma.Schema{Type: huma.TypeString}, Example: "open",
		Description: "The value of an additional field, whole, in place of {path} the names that lead to it, joined by dots: " +
			"field.ticket.status=open. Numbers, true, false and null as JSON writes them; an array has each of its elements. " +
			"It may stand several times, under several names or one.",
	}
}

// Resolve reads the parameters whose names are the caller's.
func (in *messagesInput) Resolve(ctx huma.Context) []error {
	address := ctx.URL()
	query, err := url.ParseQuery(address.RawQuery)
	if err != nil {
		return []error{&huma.ErrorDetail{Location: "query", Message: "must be pairs of names and values, percent-encoded"}}
	}
	for name, values := range query {
		path, ok := strings.CutPrefix(name, fieldPrefix)
		switch {
		case name == "field" || ok && path == "":
			return []error{&huma.ErrorDetail{Location: "query.field", Message: "must name a field: field.<path>=<value>"}}
		case ok && !storable(path):
			return []error{&huma.ErrorDetail{Location: "query.field", Message: "must be UTF-8 without NUL"}}
		case !ok:
			continue
		}
		for _, value := range values {
			in.fields = append(in.fields, search.Field{Path: path, Value: value})
		}
	}
	if len(in.fields) > maxFields {
		return []error{&huma.ErrorDetail{Location: "query.field", Message: "more than 20 fields are asked for"}}
	}
	slices.SortFunc(in.fields, func(a, b search.Field) int { return strings.Compare(a.Path+"="+a.Value, b.Path+"="+b.Value) })
	return nil
}

// filter is what messages are narrowed by without a search.
func (in *messagesInput) filter() (f store.MessageFilter, err error) {
	if f.EndpointID, err = queryID("endpoint_id", in.EndpointID); err != nil {
		return f, err
	}
	if f.Status = hook.MessageStatus(in.Status); in.Status == inFlight {
		f.Status = hook.MessageAccepted
	}
	if f.After, err = queryTime("after", in.After); err != nil {
		return f, err
	}
	f.Before, err = queryTime("before", in.Before)
	return f, err
}

// expression is what is searched for; "" where the list is all of a tenant's,
// or an endpoint's, messages.
func (in *messagesInput) expression(tenant, endpoint hook.ID) (string, error) {
	q := search.Query{Tenant: tenant, Endpoint: endpoint, Text: in.Q, From: in.From, To: in.To, Fields: in.fields}
	if !q.Narrow() {
		return "", nil
	}
	expression, err := q.Expression()
	if errors.Is(err, search.ErrNoWord) || errors.Is(err, search.ErrTooLong) {
		return "", hook.Invalid("the request is not valid", hook.FieldError{Pointer: "query.q", Message: err.Error()})
	}
	return expression, err
}
