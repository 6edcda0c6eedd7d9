package hook_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/hook"
)

func TestEventTypes(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"a", "message.received", "A-b_9.C", strings.Repeat("x", 128), "a.b.c.d"} {
		require.True(t, hook.ValidEventType(good), good)
		require.True(t, hook.ValidPattern(good), good)
	}
	for _, bad := range []string{"", ".", "a.", ".a", "a..b", "a b", "ä", "a.b\n", "a\x00", "a/b", strings.Repeat("x", 129)} {
		require.False(t, hook.ValidEventType(bad), bad)
		require.False(t, hook.ValidPattern(bad), bad)
	}
}

func TestPatternsMayEndInAStarOnly(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"*", "ticket", "ticket.*", "a.b.*"} {
		require.True(t, hook.ValidPattern(good), good)
	}
	for _, bad := range []string{"**", "*.a", "a.*.b", "a*", "a.b*", "*.*", ".*", "a.*.*", "a.**", strings.Repeat("x", 127) + ".*"} {
		require.False(t, hook.ValidPattern(bad), bad)
	}
}

func TestPatternsThatMatchAType(t *testing.T) {
	t.Parallel()
	for eventType, want := range map[string][]string{
		"ticket":         {"ticket", "*"},
		"ticket.created": {"ticket.created", "ticket", "ticket.*", "*"},
		"a.b.c":          {"a.b.c", "a", "a.b.*", "a.*", "*"},
	} {
		require.Equal(t, want, hook.Patterns(eventType))
	}
}

// matches is the contract's rule, said another way.
func matches(pattern, eventType string) bool {
	prefix, star := strings.CutSuffix(pattern, "*")
	topic := !strings.Contains(pattern, ".") && strings.HasPrefix(eventType, pattern+".")
	return pattern == eventType || topic || star && len(eventType) > len(prefix) && strings.HasPrefix(eventType, prefix)
}

func TestAPatternMatchesByEqualityWithOneOfPatterns(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		eventType := rapid.StringMatching(`[ab]{1,2}(\.[ab]{1,2}){0,3}`).Draw(t, "type")
		pattern := rapid.StringMatching(`\*|[ab]{1,2}(\.[ab]{1,2}){0,3}(\.\*)?`).Draw(t, "pattern")
		require.True(t, hook.ValidPattern(pattern))
		require.Equal(t, matches(pattern, eventType), slices.Contains(hook.Patterns(eventType), pattern), "%s %s", pattern, eventType)
	})
}

func TestEventNamesEveryBadField(t *testing.T) {
	t.Parallel()
	good := hook.Event{Type: "a.b", PublicID: "evt-1_A", Data: json.RawMessage(`{"a":1}`)}
	require.NoError(t, good.Validate())

	bad := hook.Event{Type: "a b", PublicID: "has.dot", Data: json.RawMessage(`{`)}
	require.Equal(t, []string{"/type", "/id", "/data"}, pointers(t, bad.Validate()))
	require.Equal(t, []string{"/type", "/data"}, pointers(t, (&hook.Event{}).Validate()))

	long := good
	long.PublicID = strings.Repeat("x", 256)
	require.Equal(t, []string{"/id"}, pointers(t, long.Validate()))
	deep := good
	deep.Data = json.RawMessage(strings.Repeat("[", 129) + strings.Repeat("]", 129))
	require.Equal(t, []string{"/data"}, pointers(t, deep.Validate()))
}

func TestEventIsNamedByItsPublisher(t *testing.T) {
	t.Parallel()
	e := hook.Event{ID: hook.NewID()}
	require.Equal(t, e.ID.String(), e.Name())
	e.PublicID = "evt_1"
	require.Equal(t, "evt_1", e.Name())
}
