package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func addUser(t *testing.T, b *bundle, tenant hook.ID, email string, role hook.Role) hook.User {
	t.Helper()
	u, err := b.CreateUser(t.Context(), hook.User{TenantID: tenant, Email: email, Name: "Ann", Role: role, Password: "hash"})
	require.NoError(t, err)
	return u
}

func TestAnAddressHasOneAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := addUser(t, b, b.tenant, "ann@example.com", hook.RoleAdmin)
	_, err := b.CreateUser(t.Context(), hook.User{TenantID: b.addTenant(t), Email: "ann@example.com", Role: hook.RoleAdmin})
	require.Equal(t, hook.CodeConflict, hook.CodeOf(err))
	found, err := b.UserByEmail(t.Context(), "ann@example.com")
	require.NoError(t, err)
	require.Equal(t, u, found)
	_, err = b.UserByEmail(t.Context(), "bob\x00@example.com")
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(err))
}

func TestATenantKeepsAnAdmin(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := addUser(t, b, b.tenant, "ann@example.com", hook.RoleAdmin)
	bob := addUser(t, b, b.tenant, "bob@example.com", hook.RoleAuditor)
	require.Equal(t, hook.CodeConflict, hook.CodeOf(b.DeleteUser(t.Context(), b.tenant, ann.ID)))
	require.Equal(t, hook.CodeConflict, hook.CodeOf(b.SetRole(t.Context(), b.tenant, ann.ID, hook.RoleOperator)))
	require.NoError(t, b.SetRole(t.Context(), b.tenant, ann.ID, hook.RoleAdmin))
	require.NoError(t, b.SetRole(t.Context(), b.tenant, bob.ID, hook.RoleAdmin))

	// Two admins that take each other's role at once leave one.
	var group sync.WaitGroup
	for _, u := range []hook.User{ann, bob} {
		group.Go(func() { _ = b.SetRole(t.Context(), b.tenant, u.ID, hook.RoleOperator) })
	}
	group.Wait()
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM users WHERE tenant_id = $1 AND role = 'admin'", b.tenant))
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(b.DeleteUser(t.Context(), b.addTenant(t), bob.ID)))
}

func TestAnInvitationIsGoodOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	i, err := b.Invite(t.Context(), b.tenant, "new@example.com", hook.RoleOperator, time.Hour)
	require.NoError(t, err)
	list, err := b.Invitations(t.Context(), b.tenant)
	require.NoError(t, err)
	require.Equal(t, []hook.Invitation{i}, list)
	u, err := b.Join(t.Context(), i.ID, "New", "hash")
	require.NoError(t, err)
	require.Equal(t, hook.RoleOperator, u.Role)
	_, err = b.Join(t.Context(), i.ID, "New", "hash")
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(err))

	late, err := b.Invite(t.Context(), b.tenant, "late@example.com", hook.RoleOperator, -time.Second)
	require.NoError(t, err)
	_, err = b.Join(t.Context(), late.ID, "Late", "hash")
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(err))
	taken, err := b.Invite(t.Context(), b.addTenant(t), "new@example.com", hook.RoleAdmin, time.Hour)
	require.NoError(t, err, "whoever invites learns nothing of other tenants")
	_, err = b.Join(t.Context(), taken.ID, "New", "hash")
	require.Equal(t, hook.CodeConflict, hook.CodeOf(err))
	_, err = b.Invitation(t.Context(), taken.ID)
	require.NoError(t, err, "it is not used up by a failure")
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(b.Uninvite(t.Context(), b.tenant, taken.ID)))
}

func TestASessionHasTheRoleOfNow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	addUser(t, b, b.tenant, "admin@example.com", hook.RoleAdmin)
	u := addUser(t, b, b.tenant, "ann@example.com", hook.RoleOperator)
	token, err := b.StartSession(t.Context(), hook.Session{TenantID: b.tenant, UserID: u.ID})
	require.NoError(t, err)
	require.NoError(t, b.SetRole(t.Context(), b.tenant, u.ID, hook.RoleAuditor))
	s, err := b.Session(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, hook.RoleAuditor, s.Role)
	require.Equal(t, "ann@example.com", s.Email)
	require.Zero(t, b.count(t, "SELECT count(*) FROM sessions WHERE hash = $1", []byte(token.Reveal())), "the token is not kept")

	ended := func(token hook.Secret) bool {
		_, err := b.Session(t.Context(), token)
		return hook.CodeOf(err) == hook.CodeNotFound
	}
	require.NoError(t, b.SetPassword(t.Context(), b.tenant, u.ID, "other"))
	require.True(t, ended(token), "a new password ends every session")
	again, err := b.StartSession(t.Context(), hook.Session{TenantID: b.tenant, UserID: u.ID})
	require.NoError(t, err)
	portal, err := b.StartSession(t.Context(), hook.Session{TenantID: b.tenant, Role: hook.RoleAuditor})
	require.NoError(t, err)
	b.exec(t, "UPDATE sessions SET seen_at = now() - interval '23 hours'")
	require.False(t, ended(portal))
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM sessions WHERE seen_at > now() - interval '1 minute'"), "it was seen")
	b.exec(t, "UPDATE sessions SET seen_at = now() - interval '25 hours'")
	require.True(t, ended(portal))
	b.exec(t, "UPDATE sessions SET seen_at = now(), expires_at = now() - interval '1 second'")
	require.True(t, ended(portal))
	require.NoError(t, b.DeleteUser(t.Context(), b.tenant, u.ID))
	require.True(t, ended(again))
}

func TestGuessesAreCountedWithinAWindow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var group sync.WaitGroup
	var mu sync.Mutex
	refused := 0
	for range 8 {
		group.Go(func() {
			wait, err := b.Guess(t.Context(), "account:1", 5)
			mu.Lock()
			defer mu.Unlock()
			require.NoError(t, err)
			if wait > 0 {
				require.LessOrEqual(t, wait, 15*time.Minute)
				refused++
			}
		})
	}
	group.Wait()
	require.Equal(t, 3, refused, "guesses at once are counted too")
	wait, err := b.Guess(t.Context(), "account:2", 5)
	require.NoError(t, err)
	require.Zero(t, wait)
	b.exec(t, "UPDATE sign_in_guesses SET began = now() - interval '16 minutes'")
	wait, err = b.Guess(t.Context(), "account:1", 5)
	require.NoError(t, err)
	require.Zero(t, wait)
	require.NoError(t, b.ForgetGuesses(t.Context(), "account:1"))
	require.Zero(t, b.count(t, "SELECT count(*) FROM sign_in_guesses WHERE subject = 'account:1'"))
}
