package api

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatWasForgottenDoesNotComeBackFromWhoeverAskedBefore(t *testing.T) {
	t.Parallel()
	c := newCache[string]()
	asked, answer, done := make(chan struct{}), make(chan struct{}), make(chan string)
	is := func(value string) func(context.Context) (string, time.Time, error) {
		return func(context.Context) (string, time.Time, error) { return value, time.Time{}, nil }
	}
	go func() {
		value, _ := c.find(context.Background(), "key", func(context.Context) (string, time.Time, error) {
			close(asked)
			<-answer
			return "old", time.Time{}, nil
		})
		done <- value
	}()
	<-asked
	c.forget()
	value, err := c.find(t.Context(), "key", is("new"))
	require.NoError(t, err)
	require.Equal(t, "new", value, "it does not wait for who asked before")
	close(answer)
	require.Equal(t, "old", <-done)
	value, err = c.find(t.Context(), "key", is("newer"))
	require.NoError(t, err)
	require.Equal(t, "new", value, "and keeps what it was told")
}
