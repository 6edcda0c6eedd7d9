package main

import (
	"context"
	"fmt"

	"posthorn/client"
)

// demo is what the first start makes in the demo tenant, to have something to
// send to and something that receives.
type demo struct {
	SendTo    string `json:"send_to"` // the endpoint's path: the address may be another next time
	Secret    string `json:"secret"`  // the endpoint's
	WebhookID string `json:"webhook_id"`
	Seen      bool   `json:"seen"` // the sample went through
}

// makeDemo makes endpoint and webhook, or points the webhook to where the
// receiver is now.
func makeDemo(ctx context.Context, c *client.Client, e *environment, r *receiver) error {
	hookURL := "http://" + r.address + "/webhook"
	if d := e.kept.Demo; d != nil {
		if e.kept.Receiver == r.address {
			return nil
		}
		if _, err := c.UpdateWebhook(ctx, d.WebhookID, client.WebhookSettings{URL: &hookURL}); err != nil {
			return fmt.Errorf("the demo webhook: %w", err)
		}
		e.kept.Receiver = r.address
		return e.save()
	}
	endpoint, err := c.CreateEndpoint(ctx, client.EndpointSettings{Name: new("Demo")})
	if err != nil {
		return fmt.Errorf("the demo endpoint: %w", err)
	}
	webhook, err := c.CreateWebhook(ctx, client.WebhookSettings{
		Name: new("Demo: the receiver of go run ./cmd/dev"), URL: &hookURL, Events: &[]string{"*"},
	})
	if err != nil {
		return fmt.Errorf("the demo webhook: %w", err)
	}
	e.kept.Receiver = r.address
	e.kept.Demo = &demo{
		SendTo: "/webhooks/incoming/in/" + endpoint.Token, Secret: endpoint.Secret, WebhookID: webhook.ID,
	}
	return e.save()
}
