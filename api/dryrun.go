package api

import (
	"context"
	"errors"
	"slices"
	"time"

	"posthorn/hook"
	"posthorn/store"
)

// What a dry run looks at and may cost: what is left then is not tried.
const (
	dryRunEvents = 20
	dryRunTime   = 3 * time.Second
	dryRunBodies = 1 << 20 // bytes
)

// dryRun is what a webhook that is not stored would make of events.
type dryRun struct {
	Events  []dryRunEvent `json:"events" doc:"Newest first, at most 20: of the types that the webhook subscribes to, among the tenant's last 1,000 events"`
	Untried int           `json:"untried" doc:"How many of them were left out, for the time or the size that the others took"`
}

type dryRunEvent struct {
	ID         string    `json:"id"`
	Type       string    `json:"type"`
	OccurredAt timestamp `json:"occurred_at"`
	filterResult
	Body           *string `json:"body" doc:"What would be sent, in the webhook's format; null where nothing would"`
	TransformError *string `json:"transform_error" doc:"Why the transform failed: the delivery would fail"`
	OrderKey       *string `json:"order_key" doc:"What it would be ordered by; null for in no order, or not delivered"`
	OrderError     *string `json:"order_error" doc:"Why the key cannot be told: such events go one after another"`
}

func (s *server) dryRunRoutes(r *router) {
	add(r, route{
		method: "POST", path: "/api/v1/webhooks/dry-run", summary: "Try a webhook on recent events", tag: "Webhooks", roles: operators,
		help: "As if it were created so, without its URL: which of the tenant's last events its filter holds for, what its transform makes of " +
			"them and what they are ordered by. Nothing is stored and nothing is sent.",
	}, s.dryRun)
}

func (s *server) dryRun(ctx context.Context, who caller, in *struct{ Body WebhookSettings }) (dryRun, error) {
	var events []string
	set(&events, in.Body.Events)
	w := in.Body.draft(who.Tenant, hook.DefaultFormat(events))
	if err := exceptAddress(s.checkWebhook(&w)); err != nil {
		return dryRun{}, err
	}
	ids, err := s.Store.Latest(ctx, &w, dryRunEvents)
	if err != nil {
		return dryRun{}, err
	}
	out := dryRun{Events: []dryRunEvent{}}
	end, size := time.Now().Add(dryRunTime), 0
	for i, id := range ids {
		if out.Untried = len(ids) - i; time.Now().After(end) || size > dryRunBodies {
			return out, nil
		}
		e, err := s.Store.Event(ctx, who.Tenant, id.String())
		if err != nil {
			return dryRun{}, err
		}
		one, err := tryEvent(&w, &e)
		if err != nil {
			return dryRun{}, err
		}
		if one.Body != nil {
			size += len(*one.Body)
		}
		out.Events = append(out.Events, one)
	}
	out.Untried = 0
	return out, nil
}

// exceptAddress forgives a webhook that is tried what only sending needs.
func exceptAddress(err error) error {
	bad, ok := errors.AsType[*hook.Error](err)
	if !ok {
		return err
	}
	rest := slices.DeleteFunc(bad.Fields, func(f hook.FieldError) bool { return f.Pointer == "/url" || f.Pointer == "/name" })
	if len(rest) == 0 {
		return nil
	}
	return hook.Invalid(bad.Message, rest...)
}

func tryEvent(w *hook.Webhook, e *hook.Event) (dryRunEvent, error) {
	choice := store.NewChoice(e)
	out := dryRunEvent{ID: e.Name(), Type: e.Type, OccurredAt: timestamp{e.OccurredAt}, filterResult: choose(w, choice, e)}
	if !out.Matches {
		return out, nil
	}
	key, _, err := choice.Key(w.OrderedBy)
	if out.OrderKey = given(key); err != nil {
		out.OrderError = given(err.Error())
	}
	shaped, err := shape(w, e)
	out.Body, out.TransformError = shaped.Body, shaped.Error
	return out, err
}
