package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// benchmark is one of a package's, which counts needs no server.
type benchmark struct {
	pkg, name string
}

func (b benchmark) String() string { return b.pkg + "/" + b.name }

// hotPath are the benchmarks of what each message, event and attempt passes.
func hotPath() []benchmark {
	return []benchmark{
		{"hook", "ParsePayload"},
		{"envelope", "Verify/bearer"},
		{"envelope", "Verify/hmac"},
		{"envelope", "Body"},
		{"envelope", "Headers"},
		{"expr", "Match"},
		{"archive", "NewRecord"},
		{"search", "Terms"},
	}
}

// Two runs of a benchmark differ by operations alone: what starting costs falls
// out.
const (
	fewer = 100
	more  = 1100
)

func (b benchmark) count(ctx context.Context, dir string) (int64, error) {
	binary := filepath.Join(dir, b.pkg+".test")
	if _, err := os.Stat(binary); errors.Is(err, os.ErrNotExist) {
		build := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, "./"+b.pkg)
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return 0, fmt.Errorf("go test -c: %w", err)
		}
	}
	few, err := b.run(ctx, binary, fewer)
	if err != nil {
		return 0, err
	}
	many, err := b.run(ctx, binary, more)
	return (many - few) / (more - fewer), err
}

var executed = regexp.MustCompile(`I\s+refs:\s+([\d,]+)`)

// run counts the instructions of n operations and of what is around them.
func (b benchmark) run(ctx context.Context, binary string, n int) (int64, error) {
	valgrind, err := exec.LookPath("valgrind")
	if err != nil {
		return 0, errors.New("valgrind counts the instructions and is not installed: apt-get install valgrind")
	}
	name := "^Benchmark" + strings.ReplaceAll(b.name, "/", "$/^") + "$"
	cmd := exec.CommandContext(ctx, valgrind, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null",
		binary, "-test.run=^$", "-test.bench="+name, "-test.benchtime="+strconv.Itoa(n)+"x")
	cmd.Dir = b.pkg
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GOGC=off", "GODEBUG=cpu.all=off")
	output, err := cmd.CombinedOutput()
	found := executed.FindSubmatch(output)
	if err != nil || found == nil || !strings.Contains(string(output), "Benchmark"+b.name) {
		return 0, fmt.Errorf("valgrind %s did not count (%w):\n%s", binary, err, output)
	}
	return strconv.ParseInt(strings.ReplaceAll(string(found[1]), ",", ""), 10, 64)
}
