package worker

import (
	"context"
	"time"

	"posthorn/hook"
	"posthorn/mapping"
	"posthorn/provider"
	"posthorn/search"
	"posthorn/store"
)

// How the indexer reads its queue.
const (
	indexEvery = 200 * time.Millisecond // where nothing was left
	indexRows  = 200
)

// index makes messages findable by what they hold. Several workers may index
// at once: each takes other rows.
func index(ctx context.Context, c Config) error {
	for pause(ctx, indexEvery) {
		for n := 1; n > 0 && ctx.Err() == nil; {
			var err error
			if n, err = c.Store.Index(ctx, indexRows, terms); err != nil && ctx.Err() == nil {
				c.Log.Warn("the indexer cannot go on; it tries again", "error", err)
			}
		}
	}
	return nil
}

// terms are those of the body, or of what was made of it where that is gone.
func terms(u store.Unindexed) []string {
	d := search.Document{Tenant: u.Message.TenantID, Endpoint: u.Message.EndpointID, ExternalID: u.ExternalID}
	if u.Content != nil {
		d.Payload = &hook.Payload{From: u.Content.From, To: u.Content.To, Body: u.Content.Body, Fields: u.Content.Fields}
		for _, name := range u.Filenames {
			d.Payload.Attachments = append(d.Payload.Attachments, hook.Attachment{Filename: name})
		}
		return search.Terms(d)
	}
	// What was accepted has this shape; what cannot be read is found by its ids.
	d.Payload, _, _ = provider.Open(&u.Message, mapping.Open)
	return search.Terms(d)
}
