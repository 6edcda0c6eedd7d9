package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// settings are flags of every scenario.
type settings struct {
	Seconds    float64 `default:"10" help:"How long each load is measured, after a warm-up of a third of that."`
	Out        string  `placeholder:"PREFIX" help:"Write the figures to PREFIX.json and a chart to PREFIX.svg."`
	Apart      bool    `help:"Run API and worker as two processes, not as one (posthorn serve)."`
	Profile    string  `placeholder:"FILE" help:"Run the product in this process, and write a CPU profile of the first load that is measured."`
	Statements bool    `help:"Print what PostgreSQL spent its time on in each load (pg_stat_statements)."`
}

// bench is one run of a scenario, or of them all.
type bench struct {
	*settings

	scenario string // that is under way
	document document
	table    []result // of the scenario under way
	binary   string   // of the product, once built
	profiled bool
	closers  closers
}

// window is how long a load is measured.
func (b *bench) window() time.Duration { return time.Duration(b.Seconds * float64(time.Second)) }

// begin begins a scenario. What says what is measured.
func (b *bench) begin(scenario, what string, arguments ...any) {
	b.scenario, b.table = scenario, nil
	fmt.Printf("%s: %s.\n\n", scenario, fmt.Sprintf(what, arguments...))
}

// note tells a person at the terminal what takes the time now.
func (b *bench) note(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, "  %s %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, arguments...))
}

// report keeps what a load gave.
func (b *bench) report(r result) {
	r.Scenario = b.scenario
	b.table = append(b.table, r)
}

// end prints the scenario's table, and writes all figures until now, so that
// they are kept if a later scenario fails.
func (b *bench) end() error {
	printTable(os.Stdout, b.document.add(b.table))
	return b.document.write(b.Out)
}

// build builds the product, once.
func (b *bench) build(ctx context.Context) (binary string, err error) {
	if b.binary != "" {
		return b.binary, nil
	}
	b.note("building posthorn")
	dir, err := b.closers.directory()
	if err != nil {
		return "", err
	}
	binary = filepath.Join(dir, "posthorn")
	if output, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "posthorn/cmd/posthorn").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building posthorn: %w: %s", err, strings.TrimSpace(string(output)))
	}
	b.binary = binary
	return binary, nil
}

func (b *bench) close() { b.closers.close() }

// closers undo what was done, the last first.
type closers []func()

func (list *closers) add(f func()) { *list = append(*list, f) }

func (list *closers) close() {
	for i := range *list {
		(*list)[len(*list)-1-i]()
	}
	*list = nil
}

// directory makes a directory that is removed at the end.
func (list *closers) directory() (string, error) {
	dir, err := os.MkdirTemp("", "posthorn-bench-")
	if err != nil {
		return "", err
	}
	list.add(func() { _ = os.RemoveAll(dir) })
	return dir, os.Chmod(dir, 0o755) // PostgreSQL may run as another user, who must reach it
}
