package test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/client"
)

// TestListsAreWholeOverPages lists more than a page holds.
func TestListsAreWholeOverPages(t *testing.T) {
	t.Parallel()
	g := start(t)
	const events = 230
	want := map[string]bool{}
	for range events {
		e, err := g.client.Publish(t.Context(), client.NewEvent{Type: "page.turned", Data: 1})
		require.NoError(t, err)
		want[e.ID] = true
	}
	for _, e := range collect(t, g.client.Events(t.Context(), client.EventFilter{})) {
		require.True(t, want[e.ID], "it is listed once")
		delete(want, e.ID)
	}
	require.Empty(t, want)
}
