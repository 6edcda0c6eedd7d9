package postgres

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
)

// process is the server's first process, the parent of all its others.
type process struct {
	pid  int
	done chan struct{} // closed once it has been waited for
}

// defaults are the settings that make a server private to this machine and
// large enough for the stack. Config.Settings goes before them.
func defaults(cfg Config) map[string]string {
	return map[string]string{
		"listen_addresses":        "127.0.0.1",
		"port":                    strconv.Itoa(cfg.Port),
		"unix_socket_directories": "",
		"max_connections":         "300",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"log_checkpoints":         "off",
		"logging_collector":       "off",
	}
}

// launch starts the server as a process that ends with this one.
func launch(bin binaries, h home, cfg Config) (*process, error) {
	log, err := openLog(h.log)
	if err != nil {
		return nil, fmt.Errorf("the PostgreSQL log cannot be written: %w", err)
	}
	defer log.Close()

	settings := defaults(cfg)
	maps.Copy(settings, cfg.Settings)
	args := []string{"-D", h.data}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}

	// Not bound to a context: the server lives until it is stopped.
	cmd := h.command(context.Background(), filepath.Join(bin.dir, "postgres"), args...)
	cmd.Stdout, cmd.Stderr = log, log
	// A group of its own: Ctrl-C reaches a terminal's whole foreground group,
	// and the server must outlive the clients that are stopped before it.
	cmd.SysProcAttr.Setpgid = true
	endWithParent(cmd.SysProcAttr)

	p := &process{done: make(chan struct{})}
	started := make(chan error, 1)
	go p.run(cmd, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("PostgreSQL cannot be started: %w", err)
	}
	return p, nil
}

// run keeps the thread that started the server for as long as it lives: the
// signal that ends the server with its parent is sent when that thread ends,
// and the runtime may end any thread that is not held.
func (p *process) run(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		started <- err
		return
	}
	p.pid = cmd.Process.Pid
	started <- nil
	_ = cmd.Wait() // how it ended is in its log
	close(p.done)
}

// signal does nothing once the process has been waited for, so that it can
// never reach another process with the same id.
func (p *process) signal(sig syscall.Signal) {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(p.pid, sig)
	}
}

// logLimit is where a start empties the log instead of adding to it.
const logLimit = 4 << 20

func openLog(path string) (*os.File, error) {
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if info, err := os.Stat(path); err == nil && info.Size() > logLimit {
		flags |= os.O_TRUNC
	}
	return os.OpenFile(path, flags, 0o600)
}
