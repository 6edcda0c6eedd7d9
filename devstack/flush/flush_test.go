package flush_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/devstack/flush"
)

func TestFlush(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, flush.Dir(dir))
	require.ErrorIs(t, flush.Dir(filepath.Join(dir, "missing")), os.ErrNotExist)
}
