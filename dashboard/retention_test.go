package dashboard_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/dashboard"
	"posthorn/hook"
)

const days = 24 * time.Hour

func TestRetentionIsShownAndExtendedAndNeverShortened(t *testing.T) {
	t.Parallel()
	s := setup(t, func(c *dashboard.Config) { c.Retention = 730 * days })
	b := s.signedIn(t, s.tenant, hook.RoleOperator)
	require.Contains(t, b.get(t, "/portal/settings/retention").body, "is kept for 2 years, if the endpoint")
	c := s.fill(t, s.tenant)
	page := b.get(t, "/portal/settings/retention").body
	require.Contains(t, page, "7 years")
	require.Contains(t, page, "<b>2 years</b>")
	require.NotContains(t, b.get(t, "/portal/settings/retention?endpoint="+hook.NewID().String()).body, "Extend the retention")
	require.Contains(t, b.get(t, "/portal/settings/retention?endpoint="+c.endpoint.ID).body, `value="2555"`)

	path := "/portal/settings/retention/" + c.endpoint.ID
	for _, bad := range []struct {
		form []string
		says string
	}{
		{[]string{"retention", "3650"}, "must be ticked"},
		{[]string{"retention", "100", "sure", "on"}, "never shortened: it is 2555 days"},
		{[]string{"retention", "ten", "sure", "on"}, "must be a number of days"},
		{[]string{"retention", "", "sure", "on"}, "must be a number of days"},
		{[]string{"retention", "36501", "sure", "on"}, "must be a number of days"},
	} {
		g := b.post(t, path, bad.form...)
		require.Equal(t, http.StatusUnprocessableEntity, g.status)
		require.Contains(t, g.body, bad.says)
	}
	archived, err := s.api.Message(s.as(t), c.messages[0])
	require.NoError(t, err)
	require.Equal(t, http.StatusSeeOther, b.post(t, path, "retention", "3650", "sure", "on").status)
	require.Equal(t, 3650*days, time.Duration(s.only(t).Retention))

	s.seal(t, c.messages[1])
	after, err := s.api.Message(s.as(t), c.messages[0])
	require.NoError(t, err)
	require.Equal(t, archived.RetainUntil, after.RetainUntil, "what is archived keeps its date")
	waited, err := s.api.Message(s.as(t), c.messages[1])
	require.NoError(t, err)
	require.WithinDuration(t, waited.ReceivedAt.Add(3650*days), waited.RetainUntil, time.Second, "what was on its way is kept longer")

	auditor := s.signedIn(t, s.tenant, hook.RoleAuditor)
	require.NotContains(t, auditor.get(t, "/portal/settings/retention").body, "Extend the retention")
}
