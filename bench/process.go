package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"time"
)

// process is a program that runs beside the bench.
type process struct {
	name     string
	command  *exec.Cmd
	expected atomic.Bool   // to end
	ended    chan struct{} // closed when it has
}

// startProcess starts a program. It is interrupted when the context ends.
func startProcess(ctx context.Context, name string, environment []string, input io.Reader, output io.Writer, program string, arguments ...string) (*process, error) {
	command := exec.CommandContext(ctx, program, arguments...)
	command.Env, command.Stdin, command.Stdout, command.Stderr = environment, input, output, os.Stderr
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 20 * time.Second
	if err := command.Start(); err != nil {
		return nil, err
	}
	p := &process{name: name, command: command, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		if err := command.Wait(); !p.expected.Load() && ctx.Err() == nil {
			fmt.Fprintf(os.Stderr, "bench: the process %q ended by itself: %v\n", name, err)
		}
	}()
	return p, nil
}

func (p *process) pid() int { return p.command.Process.Pid }

// over reports whether it has ended.
func (p *process) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// stop ends the process in order, and kill with SIGKILL. Both return when it
// has ended.
func (p *process) stop() { p.end(os.Interrupt) }

func (p *process) kill() { p.end(os.Kill) }

func (p *process) end(signal os.Signal) {
	p.expected.Store(true)
	_ = p.command.Process.Signal(signal)
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		_ = p.command.Process.Kill()
		<-p.ended
	}
}
