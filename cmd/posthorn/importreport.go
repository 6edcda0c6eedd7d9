package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"

	"posthorn/client"
)

// report is a file that an import adds lines to. Bytes and SHA256 are of what is
// in it of lines that are done; what was added since comes again.
type report struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // "" before the first run

	path   string
	file   *os.File // nil before the first line of this run
	digest hash.Hash
}

// open cuts the report to what is of lines that are done. One that is not this
// import's, or that somebody has worked on since, stays as it is.
func (r *report) open() error {
	r.digest = sha256.New()
	file, err := os.OpenFile(r.path, os.O_RDWR, 0o600)
	if errors.Is(err, os.ErrNotExist) {
		r.Bytes = 0
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.CopyN(r.digest, file, r.Bytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	ours := err == nil && r.SHA256 == r.sum()
	if info, err := file.Stat(); err != nil || info.Size() == r.Bytes && r.Bytes == 0 {
		return err
	}
	if !ours {
		return fmt.Errorf("%s is not as this import left it: move it away first, or name another file with --refused", r.path)
	}
	return file.Truncate(r.Bytes)
}

func (r *report) sum() string { return hex.EncodeToString(r.digest.Sum(nil)) }

func (r *report) add(line []byte) (err error) {
	if r.file == nil {
		if r.file, err = os.OpenFile(r.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
			return err
		}
	}
	n, err := io.MultiWriter(r.file, r.digest).Write(append(line, '\n'))
	r.Bytes += int64(n)
	return err
}

// settle makes what was added durable, before the state says that it is there.
func (r *report) settle() error {
	r.SHA256 = r.sum()
	if r.file == nil {
		return nil
	}
	return r.file.Sync()
}

func (r *report) Close() {
	if r.file != nil {
		_ = r.file.Close()
	}
}

// refusedReason is the reason of a line, in the report beside the lines.
type refusedReason struct {
	Line   int64               `json:"line"`
	Status int                 `json:"status"`
	Errors []client.FieldError `json:"errors"`
}

func (s *state) refuse(l sourceLine, status int, fields []client.FieldError) error {
	s.Refused++
	reason, err := json.Marshal(refusedReason{l.number, status, fields})
	if err != nil {
		return err
	}
	return errors.Join(s.RefusedLines.add(bytes.TrimRight(l.text, "\r\n")), s.Reasons.add(reason))
}

func reasonsPath(refused string) string {
	return strings.TrimSuffix(refused, ".ndjson") + ".errors.ndjson"
}
