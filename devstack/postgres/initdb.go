package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"posthorn/devstack/flush"
)

// initialise makes the data directory, unless it is there. It is made under
// another name and renamed when complete, so that a start that was cut short
// leaves nothing that looks like data.
func (h home) initialise(ctx context.Context, bin binaries, cfg Config) error {
	major, err := dataMajor(h.data)
	switch {
	case err != nil:
		return err
	case major == bin.major:
		return nil
	case major != 0:
		return fmt.Errorf("the data in %s were made by PostgreSQL %d and cannot be read by %s", h.data, major, bin.version)
	}
	staging := h.data + ".new"
	if err := os.RemoveAll(staging); err != nil {
		return err
	}
	if err := os.Mkdir(staging, 0o700); err != nil {
		return fmt.Errorf("the PostgreSQL data directory cannot be made: %w", err)
	}
	if err := h.own(staging); err != nil {
		return err
	}
	if err := h.initdb(ctx, bin, cfg, staging); err != nil {
		return err
	}
	if cfg.Settings["fsync"] != "off" {
		if err := flush.Dir(staging); err != nil {
			return err
		}
	}
	return os.Rename(staging, h.data)
}

func (h home) initdb(ctx context.Context, bin binaries, cfg Config, dir string) error {
	password, err := h.passwordFile(cfg.Password)
	if err != nil {
		return err
	}
	defer os.Remove(password)

	args := []string{
		"--pgdata=" + dir,
		"--username=" + User,
		"--pwfile=" + password,
		"--auth=scram-sha-256",
		"--encoding=UTF8",
		"--locale=C", // the same order of text on every machine
		"--no-instructions",
		"--no-sync", // a thousand files one by one take seconds
	}
	// Lower and upper case beyond ASCII need a character type that knows
	// UTF-8; systems without C.UTF-8 do without.
	var out bytes.Buffer
	for _, extra := range [][]string{{"--lc-ctype=C.UTF-8"}, nil} {
		out.Reset()
		cmd := h.command(ctx, filepath.Join(bin.dir, "initdb"), append(args, extra...)...)
		cmd.Stdout, cmd.Stderr = &out, &out
		if err = cmd.Run(); err == nil {
			return nil
		}
		if !strings.Contains(out.String(), "locale") {
			break
		}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("the set-up of the PostgreSQL data directory was cut short: %w", ctx.Err())
	}
	return fmt.Errorf("initdb failed: %w: %s", err, summarise(out.String()))
}

// passwordFile is for initdb's eyes only.
func (h home) passwordFile(password string) (string, error) {
	f, err := os.CreateTemp(h.dir, "initdb-*")
	if err != nil {
		return "", fmt.Errorf("%s cannot be written to: %w", h.dir, err)
	}
	_, err = f.WriteString(password + "\n")
	if err := errors.Join(err, f.Close(), h.own(f.Name())); err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// dataMajor is the major version that made the data, 0 where there are none.
func dataMajor(data string) (int, error) {
	text, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(data); err == nil {
			return 0, fmt.Errorf("%s exists but holds no PostgreSQL data: remove it, or choose another directory", data)
		}
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("%s/PG_VERSION is not a version: %w", data, err)
	}
	return major, nil
}
