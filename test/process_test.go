package test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/crash"
	"posthorn/devstack/port"
	"posthorn/gateway"
)

// program is the product as it ships, but for its crash points.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(servers.dir, "posthorn")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "build", "-tags", "crashpoints", "-o", path, "./cmd/posthorn")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building posthorn: %w: %s", err, output)
	}
	return path, nil
})

// child is a posthorn process.
type child struct {
	command *exec.Cmd
	ended   chan struct{} // closed once it has ended
}

// run starts a subcommand of posthorn in a process of its own. A crash point
// lets it die there; "" none.
func (g *gate) run(t *testing.T, subcommand, point string) *child {
	t.Helper()
	path, err := program()
	require.NoError(t, err)
	c := &child{command: exec.Command(path, subcommand), ended: make(chan struct{})}
	c.command.Dir = root
	c.command.Env = append(g.environment(), crash.EnvironmentKey+"="+point)
	if subcommand != "worker" {
		c.command.Env = append(c.command.Env, gateway.ListenVariable+"="+strings.TrimPrefix(g.config.URL, "http://"))
	}
	c.command.Stderr = g.log
	require.NoError(t, c.command.Start())
	go func() {
		defer close(c.ended)
		_ = c.command.Wait() // how it ended is in the command
	}()
	t.Cleanup(func() { c.kill() })
	return c
}

// environment is what a process of this gate reads.
func (g *gate) environment() []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}
	config := reflect.ValueOf(g.config)
	for field, value := range config.Fields() {
		text := fmt.Sprint(value.Interface())
		if list, ok := reflect.TypeAssert[[]string](value); ok {
			text = strings.Join(list, ",")
		}
		if text != "" {
			env = append(env, field.Tag.Get("env")+"="+text)
		}
	}
	return env
}

func (c *child) kill() {
	_ = c.command.Process.Kill() // it may have ended
	<-c.ended
}

// awaitCrash waits for it to die at its crash point.
func (c *child) awaitCrash(t *testing.T) {
	t.Helper()
	select {
	case <-c.ended:
	case <-time.After(90 * time.Second):
		require.FailNow(t, "it did not come to its crash point")
	}
	status, ok := c.command.ProcessState.Sys().(syscall.WaitStatus)
	require.True(t, ok)
	require.True(t, status.Signaled() && status.Signal() == syscall.SIGKILL, "it died otherwise: %s", c.command.ProcessState)
}

// stop ends it as an operator does.
func (c *child) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, c.command.Process.Signal(os.Interrupt))
	select {
	case <-c.ended:
		require.True(t, c.command.ProcessState.Success(), c.command.ProcessState)
	case <-time.After(10 * time.Second):
		require.FailNow(t, "it did not stop within 10 s")
	}
}

// peak is the most memory that it has had, in bytes.
func (c *child) peak(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.command.Process.Pid))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the peak of a process's memory is read from /proc, which is Linux's")
	}
	require.NoError(t, err)
	_, after, ok := bytes.Cut(status, []byte("VmHWM:"))
	require.True(t, ok)
	line, _, _ := bytes.Cut(after, []byte("kB"))
	kilobytes, err := strconv.Atoi(string(bytes.TrimSpace(line)))
	require.NoError(t, err)
	return kilobytes << 10
}

// freeAddress is one that stays the same when a process is started again.
func freeAddress(t *testing.T) string {
	t.Helper()
	free, err := port.Free()
	require.NoError(t, err)
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(free))
}
