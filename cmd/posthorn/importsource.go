package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
)

// Bounds of a line and of a batch's lines, in bytes: a request has at most 10 MB.
const (
	maxLine       = 10<<20 - 1
	maxBatchBytes = 8 << 20
)

// readAhead is how much of a file is read at once, in bytes.
const readAhead = 64 << 10

// source reads the lines of a file.
type source struct {
	file    *os.File
	size    int64 // of the file, bytes; -1 where it is not known
	raw     *counter
	packed  *bufio.Reader
	in      *bufio.Reader // of lines
	digest  hash.Hash     // of what was read of the lines
	read    int64         // bytes of lines
	number  int64         // of the last line
	pending *sourceLine
}

type sourceLine struct {
	number  int64 // from 1
	text    []byte
	tooLong bool
}

type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

func openSource(name string) (*source, error) {
	s := &source{file: os.Stdin, size: -1, digest: sha256.New()}
	if name != "-" {
		var err error
		if s.file, err = os.Open(name); err != nil {
			return nil, err
		}
		if info, err := s.file.Stat(); err == nil && info.Mode().IsRegular() {
			s.size = info.Size()
		}
	}
	s.raw = &counter{Reader: s.file}
	s.packed = bufio.NewReaderSize(s.raw, readAhead)
	s.in = s.packed
	if magic, err := s.packed.Peek(2); err == nil && bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(s.packed)
		if err != nil {
			return nil, err
		}
		s.in = bufio.NewReaderSize(unpacked, readAhead)
	}
	return s, nil
}

func (s *source) Close() { _ = s.file.Close() }

// done is how much of the file was used, in bytes.
func (s *source) done() int64 { return s.raw.n - int64(s.packed.Buffered()) }

// sum is the SHA-256 of what was read of the lines, in hex.
func (s *source) sum() string { return hex.EncodeToString(s.digest.Sum(nil)) }

// skip passes over what was done before, of which it makes the digest.
func (s *source) skip(n, lines int64) error {
	copied, err := io.CopyN(s.digest, s.in, n)
	s.read, s.number = copied, lines
	return err
}

// next reads lines for one batch; with the last ones comes io.EOF.
func (s *source) next(limit int) (lines []sourceLine, err error) {
	size := 0
	for len(lines) < limit {
		l := s.pending
		if s.pending = nil; l == nil {
			if l, err = s.line(); l == nil {
				return lines, err
			}
		}
		if size += len(l.text); size > maxBatchBytes && len(lines) > 0 {
			s.pending = l
			return lines, nil
		}
		lines = append(lines, *l)
		s.digest.Write(l.text)
		s.read += int64(len(l.text))
		s.number = l.number
	}
	return lines, nil
}

// line reads one line with its end. Of one that is too long the rest is kept
// all the same: it is reported as it is.
func (s *source) line() (*sourceLine, error) {
	text, err := s.in.ReadBytes('\n')
	if len(text) == 0 {
		return nil, err
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return &sourceLine{number: s.number + 1, text: text, tooLong: len(text) > maxLine}, nil
}
