package dashboard_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func TestInABrowserASearchIsSavedAndDeleted(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.fill(t, s.tenant)
	w := s.open(t, s.signedIn(t, s.tenant, hook.RoleAuditor))
	w.visit("/portal/messages?q=is%3Aarchived")
	w.tick("details.more summary")
	w.fill("[name=name]", "What is archived, of all endpoints together")
	w.look("search-save")
	w.click("details.more button")
	w.sees("The search is saved.")
	w.visit("/portal/messages")
	w.look("search-saved")
	w.click(".chip.two a")
	w.sees("invoice for May")
	w.click(".chip.two button")
	w.sees("The saved search is deleted.")
}

func TestInABrowserSomebodySignsInBySingleSignOn(t *testing.T) {
	t.Parallel()
	i := openIssuer(t)
	s := setup(t, i.trusted)
	s.addUser(t, s.tenant, "ann@example.com", hook.RoleAdmin)
	w := s.open(t, nil)
	w.visit("/portal/account")
	w.look("sign-in-sso")
	i.claims = verified("nobody@example.com")
	w.click(`a[href*="/sso"]`)
	w.sees("no account here")
	w.look("sign-in-sso-refused")
	i.claims = verified("ann@example.com")
	w.click(`a[href*="/sso"]`)
	w.sees("Your account")
}

func TestInABrowserAMappingIsMendedAndWhatItRefusedAdmitted(t *testing.T) {
	t.Parallel()
	s := setup(t)
	e := s.foreign(t)
	w := s.open(t, s.signedIn(t, s.tenant, hook.RoleOperator))
	w.visit(endpointsPath + "/" + e.ID)
	w.click(`a[href$="/mapping"]`)
	w.look("mapping")
	for name, expression := range map[string]string{"external_id": "body.ticket.id", "from": "body.ticket.by", "to": `"desk@example.com"`, "body": "body.ticket..text"} {
		w.fill("[name="+name+"]", expression)
	}
	w.click("[value=try]")
	w.sees("Line 1, column")
	w.look("mapping-wrong")
	w.fill("[name=body]", "body.ticket.text")
	w.click("[value=try]")
	w.sees("It becomes this message")
	w.look("mapping-tried")
	w.click("[value=save]")
	w.sees("1 refused payload is kept")
	w.look("mapping-saved")
	w.click(`form[action$="/readmit"] button`)
	w.sees("What was kept is admitted.")
}

func TestInABrowserRetentionIsExtended(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.fill(t, s.tenant)
	w := s.open(t, s.signedIn(t, s.tenant, hook.RoleAdmin))
	w.visit("/portal/settings/retention")
	w.look("retention")
	w.click("form.card button")
	w.sees("Extend the retention of CRM")
	w.fill("[name=retention]", "100")
	w.click("form.card button")
	w.sees("ever shortened")
	w.look("retention-wrong")
	w.fill("[name=retention]", "3650")
	w.tick("[name=sure]")
	w.click("form.card button")
	w.sees("10 years")
}

func TestInABrowserADeliveryShowsWhereTheTimeOfEachAttemptWent(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.fill(t, s.tenant)
	for _, status := range []int{0, 500, 200} {
		s.attempt(t, s.tenant, c.event, c.good.ID, status)
	}
	b := s.signedIn(t, s.tenant, hook.RoleAuditor)
	path := "/portal/deliveries/" + s.find(t, s.tenant, c.event, c.good.ID).String()
	page := b.get(t, path).body
	for _, said := range []string{
		`<dt>DNS</dt><dd>4.0 ms</dd>`, `<dt>TLS</dt><dd>31 ms</dd>`, `<dt>Reading</dt><dd>&lt; 0.1 ms</dd>`,
		`<div class="cut"><dt>Connect</dt><dd>120 ms, cut off</dd>`, `<dt>Connection</dt><dd>used again</dd>`,
	} {
		require.Contains(t, page, said)
	}
	w := s.open(t, b)
	w.visit(path)
	w.sees("cut off")
	w.look("delivery-timing")
	require.True(t, eval[bool](w, `[...document.querySelectorAll("svg.timing")].every(s => s.getBoundingClientRect().width > 200)`))
	require.True(t, eval[bool](w, `[...document.querySelectorAll("svg.timing rect")].every(r => getComputedStyle(r).fill.startsWith("rgb"))`))
}
