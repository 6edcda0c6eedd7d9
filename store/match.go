package store

import (
	"context"
	"slices"

	"posthorn/expr"
	"posthorn/hook"
	"posthorn/store/db"
)

// matching are those of the webhooks subscribed to an event's type that it goes
// to: of its survey, and with a filter that holds. A filter that fails does not
// hold, and its webhook says so.
func (c *Choice) matching(ctx context.Context, q *db.Queries, rows []db.InsertEventsRow) (matches []db.InsertEventsRow, err error) {
	e := c.event
	failed := db.SetFilterErrorsParams{EventID: &e.ID}
	for _, w := range rows {
		ok, err := c.matches(w.SurveyID, w.Filter)
		if err != nil {
			failed.Ids = append(failed.Ids, w.ID)
			failed.Messages = append(failed.Messages, text(err.Error()))
		}
		if ok {
			matches = append(matches, w)
		}
	}
	if len(failed.Ids) > 0 {
		err = q.SetFilterErrors(ctx, failed)
	}
	return matches, err
}

// chosenTogether is how many events are read together: each may be large.
const chosenTogether = 8

// chosen leaves out, of the events that made no delivery, those that the webhook
// would not have got: of another survey, or that its filter does not hold for.
func chosen(ctx context.Context, q *db.Queries, w *hook.Webhook, rows []db.RecoverableRow) ([]db.RecoverableRow, error) {
	if w.SurveyID == "" && w.Filter == "" {
		return rows, nil
	}
	var missed []hook.ID
	for _, r := range rows {
		if r.DeliveryID == nil {
			missed = append(missed, r.ID)
		}
	}
	matches := map[hook.ID]bool{}
	for ids := range slices.Chunk(missed, chosenTogether) {
		events, err := q.EventsByID(ctx, db.EventsByIDParams{TenantID: w.TenantID, Ids: ids})
		if err != nil {
			return nil, err
		}
		for _, row := range events {
			e := eventOf(row)
			matches[e.ID], _ = NewChoice(&e).matches(w.SurveyID, w.Filter) // one that fails does not hold
		}
	}
	return slices.DeleteFunc(rows, func(r db.RecoverableRow) bool { return r.DeliveryID == nil && !matches[r.ID] }), nil
}

// Choice tells which webhooks an event is for, beyond its type. The event's
// data are read once, and only if some webhook asks.
type Choice struct {
	event  *hook.Event
	survey *string
	input  *expr.Input
}

// NewChoice begins with an event.
func NewChoice(e *hook.Event) *Choice { return &Choice{event: e} }

func (c *Choice) matches(surveyID, filter string) (bool, error) {
	if !c.OfSurvey(surveyID) {
		return false, nil
	}
	return c.Holds(filter)
}

// Holds reports whether a filter holds; "" does. Its error is an *expr.Error.
func (c *Choice) Holds(filter string) (bool, error) {
	if filter == "" {
		return true, nil
	}
	return expr.Match(filter, c.read())
}

func (c *Choice) read() *expr.Input {
	if c.input == nil {
		c.input = expr.NewInput(c.event.Name(), c.event.Type, c.event.Data, c.event.OccurredAt)
	}
	return c.input
}

// OfSurvey reports whether the event is of a survey; "" stands for any, or none.
func (c *Choice) OfSurvey(id string) bool {
	if id == "" {
		return true
	}
	if c.survey == nil {
		survey := c.event.SurveyID()
		c.survey = &survey
	}
	return *c.survey == id
}
