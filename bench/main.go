// Bench measures Posthorn on this machine: it starts what a scenario needs,
// warms up, loads it, checks that nothing was lost or altered, and prints a
// table. 'go run ./bench all' runs every scenario and writes the figures of one
// run as JSON and as a chart.
//
// A scenario is a command: a struct of its flags whose Run starts a product,
// measures loads, and reports a result for each.
//
// Absolute figures are the machine's. What carries over are the ratios within
// one run, for which bare connections are measured in the same run.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

type cli struct {
	settings

	All allCommand `cmd:"" help:"Every scenario below, with its defaults, in some twenty minutes; writes posthorn-bench.json and posthorn-bench.svg, or what --out says."`

	Ingest    ingestCommand    `cmd:"" help:"Messages that are acknowledged, beside the same writes by bare connections."`
	Deliver   deliverCommand   `cmd:"" help:"Events from being published to their arrival."`
	Inbound   inboundCommand   `cmd:"" help:"Messages from being posted to the arrival of their events, archived between."`
	Fanout    fanoutCommand    `cmd:"" help:"Events that go to many webhooks each."`
	Failures  failuresCommand  `cmd:"" help:"Receivers that refuse some first attempts: throughput, and when the retry comes."`
	Isolation isolationCommand `cmd:"" help:"A healthy receiver alone, and beside receivers that hang."`
	Backlog   backlogCommand   `cmd:"" help:"Events that were published while no worker ran, delivered."`
	Growth    growthCommand    `cmd:"" help:"Lists, searches and ingest of tenants that have little and much."`
	Large     largeCommand     `cmd:"" help:"The largest messages and attachments: peak memory."`
	Restart   restartCommand   `cmd:"" help:"A worker that is killed under load: when deliveries go on."`
	Idle      idleCommand      `cmd:"" help:"Nothing to do: CPU of each process."`

	Server serverCommand `cmd:"" hidden:"" help:"Run one of the servers that the product stands on, until the input ends."`
}

const description = `Measure Posthorn on this machine. Each scenario starts a product of its own, with PostgreSQL, Temporal and an
object store, in a directory that is removed afterwards; nothing else needs to run.`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	b := &bench{settings: &c.settings, document: document{Began: time.Now(), Machine: thisMachine()}}
	parser := kong.Must(&c, kong.Name("bench"), kong.Description(description), kong.ShortUsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(b, &c))
	command, err := parser.Parse(os.Args[1:])
	parser.FatalIfErrorf(err)
	b.document.Seconds = c.Seconds
	err = command.Run()
	b.close()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
