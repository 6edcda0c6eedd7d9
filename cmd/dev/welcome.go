package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"posthorn/client"
)

// welcome makes the demo, sends the sample on the first start, writes dev.env
// and says what can be done now.
func welcome(ctx context.Context, e *environment) error {
	r, err := startReceiver(ctx, e.kept.Receiver)
	if err != nil {
		return err
	}
	c, err := client.New(e.config.URL, e.kept.APIKey)
	if err != nil {
		return err
	}
	if err := makeDemo(ctx, c, e, r); err != nil {
		return err
	}
	if !e.kept.Demo.Seen {
		j := journey{client: c, demo: e.kept.Demo, base: e.config.URL, receiver: r}
		if err := j.run(ctx); err != nil {
			return fmt.Errorf("the sample message: %w", err)
		}
		e.kept.Demo.Seen = true
		if err := e.save(); err != nil {
			return err
		}
	}
	if err := e.write(); err != nil {
		return err
	}
	fmt.Print(e.greeting())
	return nil
}

// greeting says where everything is, and how to send a message.
func (e *environment) greeting() string {
	return fmt.Sprintf(`
Posthorn is ready.
  Dashboard    %[8]s
  API          %[1]s          (described at /openapi.json)
  Temporal UI  %[2]s
  Settings     %[3]s
  Mails        %[7]s (nothing is sent on)

Send a message (the demo webhook's receiver gets its event):

  curl %[1]s%[4]s \
    -H 'Authorization: Bearer %[5]s' \
    -H 'Content-Type: application/json' \
    -d '{"external_id":"'"$(date +%%s)"'","occurred_at":"%[6]s","from":"ann@example.com","to":"support@example.com","body":"Hello","attachments":[]}'

See what came of it:

  . %[3]s
  curl -H "Authorization: Bearer $POSTHORN_API_KEY" "$POSTHORN_URL/api/v1/deliveries?limit=1"

Stop with Ctrl-C.
`, e.config.URL, e.config.TemporalUIURL, e.shownFile(), e.kept.Demo.SendTo, e.kept.Demo.Secret, time.Now().UTC().Format(time.RFC3339),
		filepath.Join(e.shown, "mail"), e.signInURL())
}
