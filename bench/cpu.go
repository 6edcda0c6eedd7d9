package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// usage is the CPU time that processes have used, by the kernel's account.
type usage struct {
	product  time.Duration
	postgres time.Duration
	rest     time.Duration // this process: Temporal, the object store, the load and the receivers
}

func (u usage) minus(before usage) usage {
	return usage{u.product - before.product, u.postgres - before.postgres, u.rest - before.rest}
}

// clockTick is the unit of /proc/PID/stat on Linux (sysconf(_SC_CLK_TCK)).
const clockTick = 10 * time.Millisecond

// use reads what has been used until now; all zero where there is no /proc.
func (p *product) use() usage {
	var u usage
	all, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range all {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		data, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		name, rest, _ := strings.Cut(string(data), ") ")
		fields := strings.Fields(rest)
		if len(fields) < 13 {
			continue
		}
		var ticks int64
		for _, at := range []int{11, 12} { // utime, stime
			n, _ := strconv.ParseInt(fields[at], 10, 64)
			ticks += n
		}
		took := time.Duration(ticks) * clockTick
		switch {
		case pid == p.pid:
			u.product += took
		case pid == os.Getpid():
			u.rest += took
		case strings.Contains(name, "(postgres") && p.isPostgres(pid, fields[1]):
			u.postgres += took
		}
	}
	return u
}

// isPostgres reports whether a process is this stack's PostgreSQL, or a child
// of it.
func (p *product) isPostgres(pid int, parent string) bool {
	if p.postgres == "" {
		data, _ := os.ReadFile(filepath.Join(p.stack.Postgres.DataDir(), "postmaster.pid"))
		p.postgres, _, _ = strings.Cut(string(data), "\n")
	}
	return strconv.Itoa(pid) == p.postgres || parent == p.postgres
}
