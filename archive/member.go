package archive

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strconv"
	"strings"
)

// maxFields bounds the fields of a record's header.
const maxFields = 32

// member is one WARC record, its block digest checked.
type member struct {
	header map[string]string // by name in lower case: names have no case
	block  []byte
}

func (m member) field(name string) string { return m.header[strings.ToLower(name)] }

// packed is what members are read from, and no byte beyond them.
type packed interface {
	io.Reader
	io.ByteReader
}

// members reads WARC records, each of which is a gzip member.
type members struct {
	from    packed
	content hash.Hash // of all that was read, decompressed
}

func newMembers(from packed) *members {
	return &members{from: from, content: sha256.New()}
}

func (m *members) sum() string { return hex.EncodeToString(m.content.Sum(nil)) }

// next reads a record of one of some types to the end of its member, so that gzip's own checksum is
// checked too. Memory grows with what is there, not with what is claimed.
func (m *members) next(kinds ...string) (member, error) {
	unpacked, err := gzip.NewReader(m.from)
	if err != nil {
		return member{}, err
	}
	unpacked.Multistream(false)
	const limit int64 = maxHeader + maxBlock + 64 // what ends header and block
	text, err := io.ReadAll(io.LimitReader(unpacked, limit+1))
	if err != nil {
		return member{}, err
	}
	if int64(len(text)) > limit {
		return member{}, errors.New("it is too large")
	}
	m.content.Write(text)
	head, rest, ok := bytes.Cut(text, []byte("\r\n\r\n"))
	if !ok || len(head) > maxHeader {
		return member{}, errors.New("its header has no end")
	}
	header, err := readHeader(string(head))
	if err != nil {
		return member{}, err
	}
	if !slices.Contains(kinds, header["warc-type"]) {
		return member{}, errors.New("it is of another type")
	}
	block, ok := bytes.CutSuffix(rest, []byte("\r\n\r\n"))
	if !ok || header["content-length"] != strconv.Itoa(len(block)) {
		return member{}, errors.New("its block does not have its length")
	}
	if header["warc-block-digest"] != digest(block) {
		return member{}, errors.New("its block does not have its digest")
	}
	return member{header: header, block: block}, nil
}

// readHeader is strict: whoever reads leniently can be shown another record
// than the next reader.
func readHeader(text string) (map[string]string, error) {
	lines := strings.SplitN(text, "\r\n", maxFields+2)
	if lines[0] != warcVersion {
		return nil, errors.New("it is not " + warcVersion)
	}
	header := map[string]string{}
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ": ")
		name = strings.ToLower(name)
		if _, twice := header[name]; !ok || twice || strings.ContainsAny(line, "\r\n\x00") {
			return nil, fmt.Errorf("its header has a line that is none: %.64q", line)
		}
		header[name] = value
	}
	return header, nil
}
