package postgres

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

const canSeeHolders = true

// holders are the live processes of a server on the data directory: every one
// of them works in it, and no other program named postgres does.
func holders(data string) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	recorded := recordedPID(data)
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || !isServer(pid) {
			continue
		}
		cwd, err := os.Readlink(filepath.Join("/proc", e.Name(), "cwd"))
		// Root without CAP_SYS_PTRACE, as in many containers, may not look
		// into another user's process; then the server's word has to do.
		hidden := errors.Is(err, fs.ErrPermission) && pid == recorded
		if cwd == data || hidden {
			pids = append(pids, pid)
		}
	}
	return pids
}

// isServer says whether the process is a PostgreSQL server that lives; a
// zombie does not. The format is that of proc_pid_stat(5): the name in
// parentheses, then the state.
func isServer(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	_, rest, ok := bytes.Cut(stat, []byte(" (postgres) "))
	return ok && len(rest) > 0 && rest[0] != 'Z' && rest[0] != 'X'
}
