package postgres

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	embedded "github.com/fergusstrange/embedded-postgres"
)

const (
	mavenCentral = "https://repo1.maven.org/maven2"
	noRepository = "none"
	prefix       = "postgresql-" // of the directories that builds are unpacked to
)

// released are the builds that can be downloaded, by major version.
var released = map[int]embedded.PostgresVersion{
	15: embedded.V15,
	16: embedded.V16,
	17: embedded.V17,
	18: embedded.V18,
}

// preferred is the major version that new data are made with.
const preferred = 17

// downloaded are the directories with the programs of earlier downloads.
func (h home) downloaded() []string {
	dirs, _ := filepath.Glob(filepath.Join(h.dir, prefix+"*", "bin")) // fails only for a malformed pattern
	return dirs
}

// download fetches a build and unpacks it into the home.
func (h home) download(ctx context.Context, cfg Config, major int) (binaries, error) {
	if major == 0 {
		major = preferred
	}
	version, ok := released[major]
	if !ok {
		return binaries{}, fmt.Errorf("there is no build of PostgreSQL %d", major)
	}
	final := filepath.Join(h.dir, prefix+string(version))
	repository := cfg.Repository
	if repository == "" {
		repository = mavenCentral
	}
	cfg.Notice(fmt.Sprintf("Downloading PostgreSQL %s from %s (once).", version, repository))
	staging, err := os.MkdirTemp(h.dir, "download-*.new")
	if err != nil {
		return binaries{}, err
	}
	fetched := make(chan error, 1)
	go func() { fetched <- fetch(version, repository, staging) }()
	select {
	case err = <-fetched:
	case <-ctx.Done(): // the library cannot be interrupted, only left alone
		return binaries{}, ctx.Err()
	}
	defer os.RemoveAll(staging)
	if err != nil {
		return binaries{}, err
	}
	if err := os.RemoveAll(final); err != nil {
		return binaries{}, err
	}
	if err := os.Rename(filepath.Join(staging, "unpacked"), final); err != nil {
		return binaries{}, err
	}
	if err := filepath.WalkDir(final, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return h.own(path)
	}); err != nil {
		return binaries{}, err
	}
	return h.inspect(ctx, filepath.Join(final, "bin"))
}

// fetch uses the library for its download, its checksum and its unpacking
// alone. All it may write to, or delete, lies in staging: it deletes data
// directories of another version, so it is never shown a real one. The
// directory it gets instead claims to be set up and holds nothing, so the
// server start that follows the unpacking fails at once; whether unpacking
// worked is for the caller to see.
func fetch(version embedded.PostgresVersion, repository, staging string) error {
	decoy := filepath.Join(staging, "decoy")
	if err := os.Mkdir(decoy, 0o700); err != nil {
		return err
	}
	major, _, _ := strings.Cut(string(version), ".")
	if err := os.WriteFile(filepath.Join(decoy, "PG_VERSION"), []byte(major), 0o600); err != nil {
		return err
	}
	unpacked := filepath.Join(staging, "unpacked")
	err := embedded.NewDatabase(embedded.DefaultConfig().
		Version(version).
		BinaryRepositoryURL(repository).
		CachePath(filepath.Join(staging, "cache")).
		BinariesPath(unpacked).
		RuntimePath(filepath.Join(staging, "runtime")).
		DataPath(decoy).
		Port(unusedPort).
		Logger(io.Discard)).Start()
	if _, missing := os.Stat(filepath.Join(unpacked, "bin", "initdb")); missing != nil {
		return err
	}
	return nil
}

// unusedPort makes the library's own check of its port pass anywhere; no
// server is ever started on it.
const unusedPort = 0
