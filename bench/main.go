// Bench measures Posthorn on this machine: it starts what a measurement needs,
// loads it, and prints tables.
//
//	go run ./bench ingest
//	go run ./bench deliver
//	go run ./bench inbound
//	go run ./bench isolation
//	go run ./bench growth
//
// Absolute figures are the machine's. What carries over are the ratios within
// one run, for which each measurement has something to stand beside.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

type cli struct {
	Ingest  ingestCommand  `cmd:"" help:"Messages that are acknowledged, beside the same writes by bare connections."`
	Deliver deliverCommand `cmd:"" help:"Events from being published to their arrival, under both settings of dispatch."`

	Inbound   inboundCommand   `cmd:"" help:"Messages from being posted to the arrival of their events, archived between."`
	Isolation isolationCommand `cmd:"" help:"A healthy receiver alone, and beside receivers that hang."`

	Growth growthCommand `cmd:"" help:"Ingest and lists of a tenant that has little, and of one that has much."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parser := kong.Must(&cli{}, kong.Name("bench"), kong.Description("Measure Posthorn on this machine."),
		kong.ShortUsageOnError(), kong.BindTo(ctx, (*context.Context)(nil)))
	command, err := parser.Parse(os.Args[1:])
	parser.FatalIfErrorf(err)
	if err := command.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
