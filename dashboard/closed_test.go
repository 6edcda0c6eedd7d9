package dashboard_test

import (
	"testing"

	"posthorn/hook"
)

func TestInABrowserPagesThatDoNotOpenSayWhy(t *testing.T) {
	t.Parallel()
	s := setup(t)
	w := s.open(t, s.signedIn(t, s.tenant, hook.RoleAuditor))
	w.visit("/portal/webhooks/new")
	w.sees("You may not open this page")
	w.look("forbidden")
	w.visit("/portal/webhooks/" + hook.NewID().String())
	w.sees("There is nothing here")
	w.look("missing")
	s.exec(t, "ALTER TABLE archive_faults RENAME TO lost")
	w.visit("/portal/archive")
	w.sees("Something went wrong")
	w.look("fault")
}

func TestInABrowserSomebodyWhoGuessesIsLockedOut(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.addUser(t, s.tenant, "ann@example.com", hook.RoleAdmin)
	guesses := &browser{site: s}
	for range 10 {
		guesses.post(t, "/portal/sign-in", "email", "ann@example.com", "password", "x")
	}
	w := s.open(t, nil)
	w.visit("/portal/sign-in")
	w.fill("[name=email]", "ann@example.com")
	w.fill("[name=password]", password)
	w.click("main button")
	w.sees("Try again in 15 minutes")
	w.look("locked-out")
}

func TestInABrowserSomebodyAcceptsAnInvitation(t *testing.T) {
	t.Parallel()
	s := setup(t)
	link := s.invite(t)
	w := s.open(t, nil)
	w.visit(link)
	w.sees("new@example.com")
	w.look("join")
	w.fill("[name=name]", "New")
	w.fill("[name=password]", password)
	w.click("main button")
	w.sees("Overview")
	w.visit(link)
	w.look("dead-link")
}
