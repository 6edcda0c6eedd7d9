package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// usage is the CPU time that one kind of process has used, by the kernel's
// account.
type usage struct {
	name string
	took time.Duration
}

// clockTick is the unit of /proc/PID/stat on Linux (sysconf(_SC_CLK_TCK)).
const clockTick = 10 * time.Millisecond

// self is what this process does: the load and the receivers, and the product
// where it is profiled.
const self = "bench"

// use reads what each process has used until now; all zero where there is no
// /proc.
func (p *product) use() []usage {
	var list []usage
	for _, r := range p.running {
		list = append(list, usage{r.name, spent(r.pid(), false)})
	}
	list = append(list, usage{"postgres", p.postgresSpent()})
	for _, s := range p.servers {
		list = append(list, usage{s.name, spent(s.pid(), false)})
	}
	return append(list, usage{self, spent(os.Getpid(), false)})
}

// since is what each used from before on. The processes must be the same.
func since(before, after []usage) []usage {
	list := make([]usage, len(after))
	for i, u := range after {
		list[i] = usage{u.name, u.took - before[i].took}
	}
	return list
}

// each are milliseconds for one of so many events.
func each(list []usage, events int64) (figures []figure) {
	for _, u := range list {
		figures = append(figures, figure{Name: u.name, Value: float64(u.took.Microseconds()) / 1000 / float64(max(events, 1)), Unit: "ms"})
	}
	return figures
}

// spent is the user and system time of a process and, if asked for, of its
// children that have ended.
func spent(pid int, children bool) time.Duration {
	fields := stat(pid)
	if len(fields) < 15 {
		return 0
	}
	var ticks int64
	for at := 11; at < 13 || children && at < 15; at++ { // utime, stime, cutime, cstime
		n, _ := strconv.ParseInt(fields[at], 10, 64)
		ticks += n
	}
	return time.Duration(ticks) * clockTick
}

// stat are the fields of /proc/PID/stat from the third on, the process's state.
func stat(pid int) []string {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(data), ") ")
	return strings.Fields(rest)
}

// postgresSpent is that of PostgreSQL's first process, its children, and those
// that have ended.
func (p *product) postgresSpent() time.Duration {
	data, _ := os.ReadFile(filepath.Join(p.postgres.DataDir(), "postmaster.pid"))
	line, _, _ := strings.Cut(string(data), "\n")
	first, err := strconv.Atoi(line)
	if err != nil {
		return 0
	}
	sum := spent(first, true)
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range all {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		if fields := stat(pid); len(fields) > 1 && fields[1] == line {
			sum += spent(pid, false)
		}
	}
	return sum
}

// peak is the most memory that a process has had resident since it was
// forgotten, bytes.
func peak(pid int) float64 {
	text := procField(fmt.Sprintf("/proc/%d/status", pid), "VmHWM")
	kB, _ := strconv.ParseFloat(strings.TrimSuffix(text, " kB"), 64)
	return kB * 1024
}

// forgetPeak begins anew with what is resident now (see proc(5), clear_refs).
func forgetPeak(pid int) { _ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0) }
