package postgres_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/devstack/postgres"
)

// childDir makes the test binary a process that starts a server and waits to
// be killed.
const childDir, childPort = "POSTGRES_TEST_DIR", "POSTGRES_TEST_PORT"

func TestMain(m *testing.M) {
	if os.Getenv(childDir) != "" {
		child()
	}
	os.Exit(m.Run())
}

func child() {
	cfg := postgres.Config{Dir: os.Getenv(childDir), Password: "child"}
	_, err := fmt.Sscan(os.Getenv(childPort), &cfg.Port)
	if err == nil {
		_, err = postgres.Start(context.Background(), cfg)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready")
	select {}
}

func TestServerEndsWithItsKilledParent(t *testing.T) {
	t.Parallel()
	cfg := configure(t)
	cfg.Settings, cfg.Password = nil, "child"
	for range 2 { // the second parent comes at once, while the first server dies
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+cfg.Dir, fmt.Sprintf("%s=%d", childPort, cfg.Port))
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		said, err := bufio.NewReader(out).ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "ready\n", said)
		require.NoError(t, cmd.Process.Kill())
		require.Error(t, cmd.Wait())
	}
	s := start(t, cfg)
	require.NoError(t, s.Stop(t.Context()))
}
