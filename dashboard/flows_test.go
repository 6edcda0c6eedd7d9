package dashboard_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func TestInABrowserSomebodySignsIn(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.addUser(t, s.tenant, "ann@example.com", hook.RoleAdmin)
	w := s.open(t, nil)
	w.visit("/portal/account")
	w.look("sign-in")
	w.fill("[name=email]", "ann@example.com")
	w.fill("[name=password]", "wrong")
	w.click("main button")
	w.sees("is not right")
	w.look("sign-in-wrong")
	w.fill("[name=password]", password)
	w.click("main button")
	w.sees("Your account")
	w.look("account")
}

func TestInABrowserAWebhookIsMadeAndTried(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.orders(t)
	w := s.open(t, s.signedIn(t, s.tenant, hook.RoleOperator))
	w.visit("/portal/webhooks")
	w.look("webhooks-empty")
	w.click("main .primary")
	w.look("webhook-new")
	w.fill("[name=url]", "http://10.0.0.1/x")
	w.fill("[name=filter]", "data.priority ==")
	w.click(".actions .primary")
	w.sees("he webhook is not valid")
	w.look("webhook-new-wrong")
	w.fill("[name=url]", "https://example.com/hooks")
	w.fill("[name=filter]", `data.priority == "high"`)
	w.fill("[name=filter]", "data.n > 2")
	w.fill("[name=patterns]", "order.*")
	w.click(".actions [value=try]")
	w.sees("On recent events")
	w.tick("#tried summary")
	w.look("webhook-tried")
	require.Contains(t, w.text(), "no such key")
	w.tick(`[name=events][value="message.received"]`)
	w.click(".actions .primary")
	w.sees("Copy its secret now")
	w.look("webhook-made")
	require.Contains(t, w.text(), "whsec_")
	w.visit("/portal/webhooks")
	require.NotContains(t, w.text(), "whsec_")
	w.look("webhooks")
}

func TestInABrowserEveryPageIsLegible(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.fill(t, s.tenant)
	_, second := s.lane(t)
	callbacks, mistrusted := s.mistrusted(t)
	desk := s.foreign(t)
	s.understand(t, desk)
	w := s.open(t, s.signedIn(t, s.tenant, hook.RoleAdmin))
	for _, p := range []struct{ name, path, sees string }{
		{"overview", "/", "in the last hour"},
		{"messages", "/messages", "invoice for May"},
		{"message", "/messages/" + c.messages[0], "Cannot be deleted until"},
		{"raw", "/messages/" + c.messages[0] + "/raw", "external_id"},
		{"webhooks", "/webhooks", "mailer"},
		{"webhook", "/webhooks/" + c.failing.ID, "failures in a row"},
		{"webhook-disabled", "/webhooks/" + c.disabled.ID, "Disabled after 3 failures"},
		{"webhook-edit", "/webhooks/" + c.failing.ID + "/edit", "Choose and shape"},
		{"deliveries", "/deliveries", "order.placed"},
		{"deliveries-failed", "/deliveries?status=failed", "Resend the chosen"},
		{"delivery-failed", "/deliveries/" + c.failed, "Given up"},
		{"delivery-waits", "/deliveries/" + c.waits, "Next attempt"},
		{"events", "/events", "order.placed"},
		{"event", "/events/" + c.event.ID, "priority"},
		{"recover", "/webhooks/" + c.failing.ID + "/recover?since=2026-01-01T00:00&include=all", "would be delivered"},
		{"endpoints", "/settings/webhooks/endpoints", "CRM"},
		{"endpoint", "/settings/webhooks/endpoints/" + c.endpoint.ID, "Refused requests"},
		{"endpoint-kept", "/settings/webhooks/endpoints/" + desk.ID, "is kept"},
		{"endpoint-provider", "/settings/webhooks/endpoints/" + callbacks.ID, "Set up"},
		{"endpoint-provider-edit", "/settings/webhooks/endpoints/" + callbacks.ID + "/edit", "Auth token"},
		{"endpoint-provider-new", "/settings/webhooks/endpoints/new?provider=ses", "Topic ARNs"},
		{"refused-signature", "/settings/webhooks/endpoints/" + callbacks.ID + "/refused/" + mistrusted.ID, "Why did the signature fail?"},
		{"refused-payload", "/settings/webhooks/endpoints/" + desk.ID + "/refused/" + s.refused(t, desk, 1)[0].ID, "My order is late"},
		{"guide", "/settings/webhooks/providers/messagebird", "How it is verified"},
		{"archive", "/archive", "The last records"},
		{"delivery-ordered", "/deliveries/" + second, "Waits for the one before it"},
		{"endpoint-new", "/settings/webhooks/endpoints/new", "Requests a second"},
		{"event-types", "/settings/webhooks/event-types", "Add a type"},
		{"settings", "/settings", "Notification addresses"},
		{"members", "/settings/members", "Invite somebody"},
		{"keys", "/settings/keys", "Create a key"},
		{"missing", "/webhooks/" + hook.NewID().String(), "There is nothing here"},
	} {
		w.visit("/portal" + p.path)
		w.sees(p.sees)
		w.look(p.name)
	}
}
