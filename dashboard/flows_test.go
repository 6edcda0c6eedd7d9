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
	w.tick(`[name=events][value="message.received"]`)
	w.click(".actions .primary")
	w.sees("Copy its secret now")
	w.look("webhook-made")
	require.Contains(t, w.text(), "whsec_")
	w.visit("/portal/webhooks")
	require.NotContains(t, w.text(), "whsec_")
	w.look("webhooks")
}
