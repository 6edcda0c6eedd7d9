package postgres

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// pidFile is written by the server into its data directory; its lines are
// numbered in PostgreSQL's miscadmin.h.
const (
	pidFile    = "postmaster.pid"
	linePID    = 0
	lineStatus = 7
)

func readPIDFile(data string) []string {
	f, err := os.Open(filepath.Join(data, pidFile))
	if err != nil {
		return nil
	}
	defer f.Close()
	var lines []string
	for scan := bufio.NewScanner(f); scan.Scan(); {
		lines = append(lines, strings.TrimSpace(scan.Text()))
	}
	return lines
}

// isReady says whether the server pid accepts connections.
func isReady(data string, pid int) bool {
	lines := readPIDFile(data)
	return len(lines) > lineStatus && lines[linePID] == strconv.Itoa(pid) && lines[lineStatus] == "ready"
}

// dying is how long a server whose parent has just been killed may take to
// go away.
const dying = 10 * time.Second

// waitUnheld returns when no process holds the data directory.
//
// The pid file of a killed server is PostgreSQL's to judge, with one
// exception: where a process of the recorded id exists and is not the server
// (a zombie that nobody waits for, another program by now), PostgreSQL would
// refuse to start for ever, so the file is removed.
func waitUnheld(ctx context.Context, data string) error {
	if !canSeeHolders {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, dying)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		pids := holders(data)
		if len(pids) == 0 {
			break
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("a PostgreSQL server (pid %d) is already running on %s: stop it first", pids[0], data)
		}
	}
	pid := recordedPID(data)
	if pid == 0 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return nil
	}
	return os.Remove(filepath.Join(data, pidFile))
}

// recordedPID is the server that says it holds the data, 0 if none does.
func recordedPID(data string) int {
	lines := readPIDFile(data)
	if len(lines) == 0 {
		return 0
	}
	pid, err := strconv.Atoi(lines[linePID])
	if err != nil || pid <= 0 {
		return 0
	}
	return pid
}
