package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// oldest is the first major version with everything that the product's
// migrations use.
const oldest = 15

// howToInstall ends every error that a person can only mend by installing.
const howToInstall = "install PostgreSQL (apt install postgresql, dnf install postgresql-server, brew install postgresql) and start again"

// binaries is a directory with the programs initdb and postgres.
type binaries struct {
	dir     string
	version string // as postgres prints it
	major   int
}

// binaries finds the programs: those named in the configuration, else the
// newest installed, else downloaded ones. Existing data can only be read by
// the major version that made them, so they decide where there are any.
func (h home) binaries(ctx context.Context, cfg Config) (binaries, error) {
	major, err := dataMajor(h.data)
	if err != nil {
		return binaries{}, err
	}
	search := cfg.search
	switch {
	case cfg.BinDir != "":
		search = func(context.Context) []string { return []string{cfg.BinDir} }
	case search == nil:
		search = installed
	}
	var found []binaries
	for _, dir := range append(search(ctx), h.downloaded()...) {
		b, err := h.inspect(ctx, dir)
		if err == nil && b.major >= oldest && (major == 0 || b.major == major) {
			found = append(found, b)
		}
	}
	if len(found) > 0 {
		return slices.MaxFunc(found, func(a, b binaries) int { return cmp.Compare(a.major, b.major) }), nil
	}
	if err := ctx.Err(); err != nil {
		return binaries{}, err // nothing that was asked could answer
	}
	wanted := fmt.Sprintf("no PostgreSQL %d or newer was found", oldest)
	if major != 0 {
		wanted = fmt.Sprintf("the data in %s need PostgreSQL %d, which was not found", h.data, major)
	}
	if cfg.BinDir != "" {
		return binaries{}, fmt.Errorf("%s in %s", wanted, cfg.BinDir)
	}
	if cfg.Repository == noRepository {
		return binaries{}, fmt.Errorf("%s: %s", wanted, howToInstall)
	}
	b, err := h.download(ctx, cfg, major)
	if err != nil {
		return binaries{}, fmt.Errorf("%s, and none could be downloaded (%w): %s", wanted, err, howToInstall)
	}
	return b, nil
}

// installed lists the directories where packages put the programs.
func installed(ctx context.Context) []string {
	var dirs []string
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",         // Debian, Ubuntu
		"/usr/pgsql-*/bin",                  // PostgreSQL's own packages for Red Hat
		"/usr/libexec/postgresql*",          // Alpine
		"/opt/homebrew/opt/postgresql*/bin", // Homebrew on ARM
		"/usr/local/opt/postgresql*/bin",    // Homebrew on Intel
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		matches, _ := filepath.Glob(pattern) // fails only for a malformed pattern
		dirs = append(dirs, matches...)
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) ((\d+)\S*)`)

// inspect runs the server's program, as the user that it will run as, for its
// version.
func (h home) inspect(ctx context.Context, dir string) (binaries, error) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return binaries{}, err
	}
	cmd := h.command(ctx, filepath.Join(dir, "postgres"), "--version")
	out, err := cmd.Output()
	if err != nil {
		return binaries{}, err
	}
	m := versionPattern.FindSubmatch(out)
	if m == nil {
		return binaries{}, errors.New("the program postgres does not tell its version")
	}
	major, err := strconv.Atoi(string(m[2]))
	if err != nil {
		return binaries{}, err
	}
	return binaries{dir: dir, version: string(m[1]), major: major}, nil
}
