package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// state is how far an import is. It is written after each batch that was
// acknowledged: what it says is done is never sent again.
type state struct {
	Target     string `json:"target"` // SHA-256 of the endpoint as it was named
	Offset     int64  `json:"offset"` // bytes of lines, uncompressed
	SHA256     string `json:"sha256"` // of these bytes
	Lines      int64  `json:"lines"`
	Accepted   int64  `json:"accepted"`
	Duplicates int64  `json:"duplicates"`
	Refused    int64  `json:"refused"`
	// RefusedBytes and ReasonBytes are how long the reports were then: a line
	// that was added since will be added again.
	RefusedBytes int64 `json:"refused_bytes"`
	ReasonBytes  int64 `json:"reason_bytes"`

	path, refusedPath string
	refused, reasons  *os.File
}

func reasonsPath(refused string) string {
	return strings.TrimSuffix(refused, ".ndjson") + ".errors.ndjson"
}

// openState goes on where a former run of the same import ended, or begins one.
func openState(c *importCommand, in *source) (*state, error) {
	sum := sha256.Sum256([]byte(c.Endpoint))
	s := &state{Target: hex.EncodeToString(sum[:]), path: c.statePath(), refusedPath: c.refusedPath()}
	if s.path == "" {
		return s, nil
	}
	content, err := os.ReadFile(s.path)
	if errors.Is(err, os.ErrNotExist) {
		return s, s.trim()
	}
	if err != nil {
		return nil, err
	}
	before := *s
	if err := json.Unmarshal(content, s); err != nil {
		return nil, fmt.Errorf("%s is not a state of an import: %w", s.path, err)
	}
	if s.Target != before.Target {
		return nil, fmt.Errorf("%s belongs to an import to another endpoint; name another file with --state", s.path)
	}
	err = in.skip(s.Offset, s.Lines)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if err != nil || hex.EncodeToString(in.digest.Sum(nil)) != s.SHA256 {
		return nil, fmt.Errorf("%s has changed since a part of it was imported: remove %s to begin anew; what was taken is then a duplicate", c.File, s.path)
	}
	return s, s.trim()
}

// trim cuts the reports to what the state knows of.
func (s *state) trim() error {
	for path, size := range map[string]int64{s.refusedPath: s.RefusedBytes, reasonsPath(s.refusedPath): s.ReasonBytes} {
		if err := os.Truncate(path, size); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// save replaces the state's file at once.
func (s *state) save(in *source) (err error) {
	if s.path == "" {
		return nil
	}
	s.Offset, s.SHA256 = in.read, hex.EncodeToString(in.digest.Sum(nil))
	for file, size := range map[*os.File]*int64{s.refused: &s.RefusedBytes, s.reasons: &s.ReasonBytes} {
		if file == nil {
			continue
		}
		if *size, err = file.Seek(0, io.SeekEnd); err != nil {
			return err
		}
		if err := file.Sync(); err != nil {
			return err
		}
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
	for _, file := range []*os.File{s.refused, s.reasons} {
		if file != nil {
			_ = file.Close()
		}
	}
}
