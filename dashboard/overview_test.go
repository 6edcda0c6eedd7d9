package dashboard_test

import (
	"html"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

var ledgerTerm = regexp.MustCompile(`(<span class="sign">[=+]</span>)?<a href="([^"]+)"[^>]*><b>([^<]+)</b> ([a-z ]+)</a></li>`)

func TestTheOverviewsNumbersAddUpAndAreTheRowsBehindThem(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.fill(t, s.tenant)
	b := s.signedIn(t, s.tenant, hook.RoleAuditor)
	page := b.get(t, "/portal/").body
	left, terms := 0, 0
	for _, m := range ledgerTerm.FindAllStringSubmatch(page, -1) {
		n, err := strconv.Atoi(m[3])
		require.NoError(t, err)
		if m[1] == "" {
			require.Zero(t, left, "the sum before")
			left = n
		} else {
			left -= n
		}
		rows := b.get(t, html.UnescapeString(m[2]))
		require.Equal(t, 200, rows.status, m[2])
		require.Equal(t, n, strings.Count(rows.body, "<tr>")-min(1, strings.Count(rows.body, "<thead>")), "%s: %s", m[4], m[2])
		terms++
	}
	require.Zero(t, left)
	require.Equal(t, 9, terms)
	require.Contains(t, page, "1 webhook is disabled")
}
