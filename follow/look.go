package follow

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"posthorn/client"
)

func (f *follower) message(ctx context.Context, id string) (done bool, err error) {
	m, err := f.client.Message(ctx, id)
	if err != nil {
		return false, err
	}
	if !f.accepted {
		f.accepted = true
		f.step(m.ReceivedAt, Accepted, "message "+m.ID)
	}
	if m.Status != client.MessageArchived {
		return false, nil
	}
	if !f.archived {
		f.archived = true
		text := fmt.Sprintf("as number %d of its endpoint, until %s", m.Number, m.RetainUntil.Format(time.RFC3339))
		if m.Archive != nil {
			text += ": " + m.Archive.ObjectKey
		}
		f.step(m.ArchivedAt, Archived, text)
		for _, a := range m.Attachments {
			if a.Failed != "" {
				f.step(m.ArchivedAt, Unfetched, a.Failed+": "+a.URL)
			}
		}
	}
	done = true
	for e, err := range f.client.Events(ctx, client.EventFilter{MessageID: id}) {
		if err != nil {
			return false, err
		}
		ended, err := f.event(ctx, e)
		if err != nil {
			return false, err
		}
		done = done && ended
	}
	return done, nil
}

func (f *follower) event(ctx context.Context, e client.Event) (done bool, err error) {
	seen := f.events[e.ID]
	if !seen {
		f.events[e.ID] = true
		f.step(e.CreatedAt, Published, e.Type+" "+e.ID)
	}
	var list []client.Delivery
	for d, err := range f.client.Deliveries(ctx, client.DeliveryFilter{EventID: e.ID}) {
		if err != nil {
			return false, err
		}
		list = append(list, d)
	}
	if len(list) == 0 && !seen {
		f.step(e.CreatedAt, Unwanted, "no webhook subscribes to "+e.Type)
	}
	done = true
	for _, d := range list {
		ended, err := f.delivery(ctx, &d)
		if err != nil {
			return false, err
		}
		done = done && ended
	}
	return done, nil
}

// delivery tells what is new of a delivery, and whether it has ended.
func (f *follower) delivery(ctx context.Context, d *client.Delivery) (done bool, err error) {
	p := f.deliveries[d.ID]
	if p == nil {
		p = &progress{}
		f.deliveries[d.ID] = p
	}
	to, err := f.webhook(ctx, d.WebhookID)
	if err != nil {
		return false, err
	}
	for _, a := range d.Attempts[min(p.attempts, len(d.Attempts)):] {
		f.step(a.StartedAt, Attempted, attempt(&a)+" from "+to)
	}
	p.attempts = max(p.attempts, len(d.Attempts))
	changed := p.status != d.Status
	p.status = d.Status
	switch d.Status {
	case client.DeliveryPending:
		return false, nil
	case client.DeliveryDelivered:
		done = true
		if changed {
			f.step(d.UpdatedAt, Delivered, "to "+to)
		}
	case client.DeliveryHeld:
		done = true
		if changed {
			f.step(d.UpdatedAt, Held, "for "+to+", which is disabled")
		}
	default:
		done = true
		if changed {
			f.step(d.UpdatedAt, Failed, d.Status+" for "+to)
		}
	}
	return done, nil
}

func attempt(a *client.Attempt) string {
	text := "attempt " + strconv.Itoa(a.Number) + ", " + strconv.FormatInt(a.DurationMS, 10) + " ms: "
	switch {
	case a.StatusCode == 0:
		return text + a.Error + " " + a.ErrorDetail
	case a.Error != "":
		return text + strconv.Itoa(a.StatusCode) + " " + a.Error
	}
	return text + strconv.Itoa(a.StatusCode)
}

// webhook is a webhook's name, asked for once; of one that is gone, its id.
func (f *follower) webhook(ctx context.Context, id string) (string, error) {
	if name, ok := f.names[id]; ok {
		return name, nil
	}
	w, err := f.client.Webhook(ctx, id)
	name := w.Name
	if refused, ok := errors.AsType[*client.Error](err); ok && refused.StatusCode == http.StatusNotFound {
		name, err = id, nil
	}
	if err != nil {
		return "", err
	}
	if f.names == nil {
		f.names = map[string]string{}
	}
	f.names[id] = name
	return name, nil
}
