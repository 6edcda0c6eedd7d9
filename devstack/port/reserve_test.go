package port

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A server may be slow to start, or away for a while.
func TestPortStaysReservedWhenNobodyListens(t *testing.T) {
	t.Parallel()
	p, err := Free()
	require.NoError(t, err)
	require.ErrorIs(t, reserve(p), errReserved)
}
