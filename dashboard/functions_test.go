package dashboard

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/client"
	"posthorn/hook"
)

func TestNumbersAreWrittenAsPeopleReadThem(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0 ms", 123 * time.Millisecond: "123 ms", time.Second: "1 second", 90 * time.Second: "1 minute 30 seconds",
		9336 * time.Second: "2 hours 35 minutes", 7 * 24 * time.Hour: "7 days", 7 * 365 * 24 * time.Hour: "7 years", time.Hour + time.Second: "1 hour",
	} {
		require.Equal(t, want, showDuration(d))
	}
	require.Equal(t, "2 minutes", showDuration(client.Duration(2*time.Minute)))
	for n, want := range map[int]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 123456: "123 kB", 10 << 20: "10.5 MB"} {
		require.Equal(t, want, showBytes(n))
	}
	require.Equal(t, "2 deliveries", plural(2, "delivery"))
	require.Equal(t, "1\u202f234\u202f567", showNumber(1234567))
}

func TestASearchIsReadFromOneBox(t *testing.T) {
	t.Parallel()
	endpoints := map[string]string{"Our CRM": "01a1fe59-0757-73f4-aba1-a59a5868e303"}
	s, wrong := parseSearch(`invoice "two words" -draft from:ann@example.com endpoint:"our crm" after:2026-05-28 field.ticket.status:open http://x`, endpoints)
	require.Empty(t, wrong)
	require.Equal(t, client.MessageFilter{
		Query: `invoice "two words" -draft http://x`, From: "ann@example.com", EndpointID: endpoints["Our CRM"],
		After: time.Date(2026, 5, 28, 0, 0, 0, 0, time.UTC), Fields: map[string]string{"ticket.status": "open"},
	}, s.filter)
	require.Len(t, s.parts, 8)
	for _, bad := range []string{"endpoint:nobody", "after:yesterday", "before:2026-13-01"} {
		_, wrong := parseSearch(bad, endpoints)
		require.Contains(t, wrong, bad)
	}
}

func FuzzASearchKeepsWhatItWasAsked(f *testing.F) {
	f.Add(`a "b c" from:x`)
	f.Fuzz(func(t *testing.T, text string) {
		s, _ := parseSearch(text, nil)
		again, _ := parseSearch(strings.Join(s.parts, " "), nil)
		require.Equal(t, s.parts, again.parts)
	})
}

func TestAScheduleIsDrawnInOrder(t *testing.T) {
	t.Parallel()
	for _, policy := range [][]int{nil, {0}, {0, 0, 0}, {1, 5, 30, 300, 1800, 7200}, {604800, 604800, 604800, 1, 1, 1, 1, 1, 1, 1}} {
		s := newSchedule(policy)
		require.Len(t, s.Points, len(policy)+1)
		for i, p := range s.Points {
			require.GreaterOrEqual(t, p.X, margin)
			require.LessOrEqual(t, p.X, drawn+margin)
			if i > 0 {
				require.GreaterOrEqual(t, p.X, s.Points[i-1].X)
			}
		}
	}
}

func TestPasswordsAreKeptAsArgon2id(t *testing.T) {
	t.Parallel()
	kept := HashPassword("correct horse battery staple")
	require.Regexp(t, `^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`, kept.Reveal())
	require.True(t, checkPassword("correct horse battery staple", kept))
	require.False(t, checkPassword("correct horse battery stapl", kept))
	for _, broken := range []hook.Secret{"", "x", "$argon2id$v=19$m=19456,t=0,p=1$AAAA$AAAA", "$argon2i$v=19$m=8,t=1,p=1$AAAA$AAAA", nobody} {
		require.False(t, checkPassword("", broken))
	}
}

func TestProgressGoesByTheTimeWhereNotAllIsCounted(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	o := client.Operation{Total: 8, Done: 2, Since: since, Until: since.Add(4 * time.Hour)}
	require.Equal(t, 25, progress(o))
	o.More = true
	require.Zero(t, progress(o), "it has not begun")
	o.Reached = since.Add(3 * time.Hour)
	require.Equal(t, 75, progress(o))
}
