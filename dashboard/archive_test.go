package dashboard_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func TestTheArchiveSaysWhatIsLockedUntilWhenAndWhatWaits(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := s.signedIn(t, s.tenant, hook.RoleAuditor)
	g := b.get(t, "/portal/archive")
	require.Equal(t, http.StatusOK, g.status)
	require.Contains(t, g.body, "No endpoints yet")
	c := s.fill(t, s.tenant)
	m, err := s.api.Message(s.as(t), c.messages[0])
	require.NoError(t, err)
	page := b.get(t, "/portal/archive").body
	require.Contains(t, page, m.Archive.ObjectKey)
	require.Contains(t, page, m.RetainUntil.UTC().Format(">2006-01-02 15:04:05<"))
	for _, waits := range c.messages[1:] {
		require.Contains(t, page, "/portal/messages/"+waits)
	}
	require.Contains(t, page, "from receipt to archive")
}
