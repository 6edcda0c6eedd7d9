package devstack_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/devstack"
)

// childDir makes the test binary a process that runs a stack until it is
// killed.
const childDir, childUI = "DEVSTACK_TEST_DIR", "DEVSTACK_TEST_UI"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		child(dir)
	}
	os.Exit(m.Run())
}

func child(dir string) {
	if _, err := devstack.Start(context.Background(), devstack.Options{Dir: dir, TemporalUI: os.Getenv(childUI)}); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready")
	select {}
}

func TestStackRecoversFromKill(t *testing.T) {
	opts := options(t)
	s := start(t, opts)
	populate(t, s)
	stop(t, s)

	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+opts.Dir, childUI+"="+opts.TemporalUI)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	said, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ready\n", said, "nothing else may be printed")
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	require.Empty(t, complaints.String())

	// At once, while the child's PostgreSQL is still dying.
	s = start(t, opts)
	requirePopulated(t, s)
	stop(t, s)
}
