package devstack

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func collect(said *[]string) func(string) {
	return func(s string) { *said = append(*said, s) }
}

func TestPortsAreKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var said []string
	first, err := keepPorts(dir, collect(&said))
	require.NoError(t, err)
	second, err := keepPorts(dir, collect(&said))
	require.NoError(t, err)
	require.Equal(t, first, second)
	require.Empty(t, said)

	other, err := keepPorts(t.TempDir(), collect(&said))
	require.NoError(t, err)
	for i, p := range first.each() {
		require.NotZero(t, *p.port)
		require.NotEqual(t, *p.port, *other.each()[i].port)
	}
}

func TestTakenPortIsReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var said []string
	first, err := keepPorts(dir, collect(&said))
	require.NoError(t, err)
	l, err := net.Listen("tcp", local(first.ObjectStore))
	require.NoError(t, err)
	defer l.Close()

	second, err := keepPorts(dir, collect(&said))
	require.NoError(t, err)
	require.NotEqual(t, first.ObjectStore, second.ObjectStore)
	require.Len(t, said, 1)
	require.Contains(t, said[0], "which the object store had, is taken by another program")

	first.ObjectStore = second.ObjectStore
	require.Equal(t, first, second, "the others stay")
}

func TestUnreadablePortsSayWhatToDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, portsFile), []byte("{"), 0o600))
	_, err := keepPorts(dir, nil)
	require.ErrorContains(t, err, "remove it, and new ports are chosen")
}

func TestCredentialsAreKeptAndPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := keepCredentials(dir)
	require.NoError(t, err)
	second, err := keepCredentials(dir)
	require.NoError(t, err)
	require.Equal(t, first, second)
	require.NotEmpty(t, first.PostgresPassword)
	require.NotEqual(t, first.PostgresPassword, first.SecretKey)

	info, err := os.Stat(filepath.Join(dir, credentialsFile))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
}
