package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// state is how far an import is. It is written after each batch that was
// acknowledged: what it says is done is never sent again.
type state struct {
	Target       string `json:"target"` // SHA-256 of the endpoint as it was named
	Offset       int64  `json:"offset"` // bytes of lines, uncompressed
	SHA256       string `json:"sha256"` // of these bytes
	Lines        int64  `json:"lines"`
	Accepted     int64  `json:"accepted"`
	Duplicates   int64  `json:"duplicates"`
	Refused      int64  `json:"refused"`
	RefusedLines report `json:"refused_lines"`
	Reasons      report `json:"reasons"`

	path string // "" where nothing is kept
}

// openState goes on where a former run of the same import ended, or begins one.
func openState(c *importCommand, in *source) (*state, error) {
	s, err := readState(c.statePath(), c.Endpoint)
	if err != nil {
		return nil, err
	}
	err = in.skip(s.Offset, s.Lines)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if err != nil || s.SHA256 != "" && s.SHA256 != in.sum() {
		return nil, fmt.Errorf("%s has changed since a part of it was imported: remove %s to begin anew; what was taken is then a duplicate", c.File, s.path)
	}
	s.RefusedLines.path, s.Reasons.path = c.refusedPath(), reasonsPath(c.refusedPath())
	if err := errors.Join(s.RefusedLines.open(), s.Reasons.open()); err != nil {
		return nil, err
	}
	return s, s.save(in)
}

func readState(path, endpoint string) (*state, error) {
	sum := sha256.Sum256([]byte(endpoint))
	target := hex.EncodeToString(sum[:])
	s := &state{Target: target, path: path}
	if path == "" {
		return s, nil
	}
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(content, s); err != nil {
		return nil, fmt.Errorf("%s is not a state of an import: %w", path, err)
	}
	if s.Target != target && s.Lines > 0 {
		return nil, fmt.Errorf("%s belongs to an import to another endpoint; name another file with --state", path)
	}
	s.Target = target
	return s, nil
}

// save replaces the state's file at once.
func (s *state) save(in *source) error {
	if s.path == "" {
		return nil
	}
	s.Offset, s.SHA256 = in.read, in.sum()
	if err := errors.Join(s.RefusedLines.settle(), s.Reasons.settle()); err != nil {
		return err
	}
	content, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.path+".new", append(content, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(s.path+".new", s.path)
}

// Close closes the reports.
func (s *state) Close() {
	s.RefusedLines.Close()
	s.Reasons.Close()
}
