// Instructions counts what the hot path costs, in machine instructions for each
// operation of its micro-benchmarks, and compares it with what was written down
// before. Times differ from run to run and from machine to machine; these hardly
// do. The processor's optional features are switched off, so that machines agree.
//
//	go run ./bench/instructions            compare with the baseline
//	go run ./bench/instructions --update   write the baseline anew
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"text/tabwriter"

	"github.com/alecthomas/kong"
)

type cli struct {
	Update   bool    `help:"Write the counts as the new baseline."`
	Baseline string  `default:"bench/instructions/baseline.json" help:"The counts to compare with."`
	Within   float64 `default:"0.1" help:"How much more or less than the baseline is still the same, as a part of it."`
}

// baseline is what was counted before.
type baseline struct {
	Go     string           `json:"go"`
	Counts map[string]int64 `json:"instructions"` // by benchmark, of one operation
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	kong.Parse(&c, kong.Name("instructions"), kong.Description("Count the instructions of the hot path's benchmarks."))
	if err := c.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "instructions:", err)
		os.Exit(1)
	}
}

func (c *cli) run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "instructions-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	now := baseline{Go: runtime.Version(), Counts: map[string]int64{}}
	for _, b := range hotPath() {
		if now.Counts[b.String()], err = b.count(ctx, dir); err != nil {
			return fmt.Errorf("%s: %w", b, err)
		}
	}
	if c.Update {
		encoded, err := json.MarshalIndent(now, "", "  ")
		if err != nil {
			return err
		}
		return os.WriteFile(c.Baseline, append(encoded, '\n'), 0o644)
	}
	encoded, err := os.ReadFile(c.Baseline)
	if err != nil {
		return fmt.Errorf("%w; --update writes one", err)
	}
	var before baseline
	if err := json.Unmarshal(encoded, &before); err != nil {
		return fmt.Errorf("%s: %w", c.Baseline, err)
	}
	return compare(before, now, c.Within)
}

// compare prints both and fails where they are further apart than within.
func compare(before, now baseline, within float64) error {
	fmt.Printf("Instructions of one operation; the baseline is of %s, this is %s.\n\n", before.Go, now.Go)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "baseline\tnow\tratio\t\t")
	changed := 0
	for _, b := range hotPath() {
		was, is := before.Counts[b.String()], now.Counts[b.String()]
		ratio, remark := math.NaN(), "not in the baseline"
		if was != 0 {
			ratio, remark = float64(is)/float64(was), ""
			if math.Abs(ratio-1) > within {
				remark = "changed"
			}
		}
		if remark != "" {
			changed++
		}
		fmt.Fprintf(table, "%d\t%d\t%.3f\t%s\t %s\n", was, is, ratio, b, remark)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if changed > 0 {
		return errors.New("the hot path does more, or less, than it did; if that is meant, write it down with --update")
	}
	return nil
}
