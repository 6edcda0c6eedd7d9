package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"posthorn/devstack/objectstore"
	"posthorn/devstack/temporal"
)

// serverCommand runs a server in a process of its own, so that its CPU is told
// from that of others. Its configuration comes as JSON on standard input, whose
// end ends it, however the bench ended.
type serverCommand struct {
	Kind string `arg:"" enum:"temporal,objectstore"`
}

// serving is what it writes when the server answers.
const serving = "serving\n"

func (c *serverCommand) Run(ctx context.Context) error {
	signal.Ignore(os.Interrupt, syscall.SIGTERM) // the product, which uses it, ends first
	input := json.NewDecoder(os.Stdin)
	var stop func(context.Context) error
	var err error
	switch c.Kind {
	case "temporal":
		var config temporal.Config
		var server *temporal.Server
		if err = input.Decode(&config); err == nil {
			server, err = temporal.Start(ctx, config)
		}
		if err == nil {
			stop = server.Stop
		}
	default:
		var config objectstore.Config
		var server *objectstore.Server
		if err = input.Decode(&config); err == nil {
			server, err = objectstore.Start(ctx, config)
		}
		if err == nil {
			stop = server.Stop
		}
	}
	if err != nil {
		return err
	}
	fmt.Print(serving)
	_, _ = io.Copy(io.Discard, os.Stdin)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return stop(ctx)
}

// startServer starts a server and returns when it answers.
func startServer(ctx context.Context, list *closers, kind string, config any) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	ready, said, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	defer ready.Close()
	p, err := startProcess(context.WithoutCancel(ctx), kind, os.Environ(), read, said, self, "server", kind)
	if err = errors.Join(err, said.Close()); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	list.add(func() {
		p.expected.Store(true)
		_ = write.Close()
		<-p.ended
	})
	if _, err := write.Write(data); err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(io.LimitReader(ready, int64(len(serving))))
	if string(answer) != serving {
		return nil, fmt.Errorf("%s did not start: %s%w", kind, strconv.Quote(strings.TrimSpace(string(answer))), err)
	}
	return p, nil
}
