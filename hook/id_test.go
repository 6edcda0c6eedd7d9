package hook_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/hook"
)

func TestNewIDIsAUUIDv7OfNow(t *testing.T) {
	t.Parallel()
	before := hook.Time(time.Now())
	id := hook.NewID()
	require.Equal(t, uuid.Version(7), id.Version())
	require.Equal(t, uuid.RFC4122, id.Variant())
	require.WithinRange(t, hook.IDTime(id), before, time.Now())
}

func TestIDsSortByTheirTime(t *testing.T) {
	t.Parallel()
	last := hook.NewID()
	for range 10_000 {
		id := hook.NewID()
		require.Less(t, string(last[:]), string(id[:]))
		last = id
	}
}

func TestIDTimeIsTheTimeInTheExampleOfRFC9562(t *testing.T) {
	t.Parallel()
	id, err := hook.ParseID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f") // appendix A.6
	require.NoError(t, err)
	require.Equal(t, "2022-02-22T19:22:22.000Z", hook.FormatTime(hook.IDTime(id)))
}

func TestParseIDReadsOneSpellingOnly(t *testing.T) {
	t.Parallel()
	id := hook.NewID()
	parsed, err := hook.ParseID(id.String())
	require.NoError(t, err)
	require.Equal(t, id, parsed)

	s := id.String()
	for _, bad := range []string{
		"", "x", s[:35], s + "0", "{" + s + "}", "urn:uuid:" + s, s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:],
		"zzzzzzzz" + s[8:], s[:35] + "\x00", "{" + s[:34] + "}",
	} {
		_, err := hook.ParseID(bad)
		require.Equal(t, hook.CodeInvalid, hook.CodeOf(err), "%q", bad)
	}
}

func TestParseIDReadsWhatItAcceptsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[0-9a-fA-F{}x-]{36}`).Draw(t, "s")
		if id, err := hook.ParseID(s); err == nil {
			again, err := hook.ParseID(id.String())
			require.NoError(t, err)
			require.Equal(t, id, again)
		}
	})
}

func TestWorkflowIDsNameOneRun(t *testing.T) {
	t.Parallel()
	id := hook.NewID()
	require.Equal(t, "message/"+id.String(), hook.MessageWorkflow(id, 0))
	require.Equal(t, "message/"+id.String()+"/2", hook.MessageWorkflow(id, 2))
	require.Equal(t, "delivery/"+id.String(), hook.DeliveryWorkflow(id, 0))
	require.Equal(t, "delivery/"+id.String()+"/11", hook.DeliveryWorkflow(id, 11))
}

func TestTimesAreWrittenInUTCWithMilliseconds(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 28, 14, 30, 0, 123_999_999, time.FixedZone("", 2*3600))
	require.Equal(t, "2026-05-28T12:30:00.123Z", hook.FormatTime(at))
	require.Equal(t, "2026-05-28T12:30:00.123Z", hook.Time(at).Format(time.RFC3339Nano))
}
