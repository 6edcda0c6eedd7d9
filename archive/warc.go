package archive

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
	"sync"

	"github.com/google/uuid"
)

// warcVersion opens every record (ISO 28500:2017, 4).
const warcVersion = "WARC/1.1"

// Bounds of what is written and read.
const (
	maxHeader = 256 << 10 // bytes of a record's header
	// maxBlock bounds a record's block, in bytes. The largest is of the largest
	// inbound mail (40 MiB), or, at worst twice as long in JSON, of what was
	// made of it.
	maxBlock = 96 << 20
	// maxRecord bounds a message's record, compressed, in bytes.
	maxRecord = 2 * (maxHeader + maxBlock + 64<<10)
)

// writer writes WARC records, each as one gzip member (ISO 28500:2017, annex D).
type writer struct {
	packed  bytes.Buffer
	content hash.Hash    // of the records before compression
	plain   bytes.Buffer // the record that is being written
	err     error
}

func newWriter() *writer { return &writer{content: sha256.New()} }

// record is what was written.
func (w *writer) record() Record {
	return Record{Bytes: w.packed.Bytes(), ContentSHA256: hex.EncodeToString(w.content.Sum(nil))}
}

// write writes a record. A header field whose value is empty is left out.
func (w *writer) write(header [][2]string, block []byte) {
	if w.err == nil {
		w.err = w.tryWrite(header, block)
	}
}

func (w *writer) tryWrite(header [][2]string, block []byte) error {
	w.plain.Reset()
	w.plain.WriteString(warcVersion + "\r\n")
	for _, field := range header {
		if field[1] != "" {
			w.plain.WriteString(field[0] + ": " + field[1] + "\r\n")
		}
	}
	w.plain.WriteString("Content-Length: " + strconv.Itoa(len(block)) + "\r\n\r\n")
	// What could not be read again must not be sealed.
	if n := w.plain.Len(); n > maxHeader || len(block) > maxBlock {
		return fmt.Errorf("a record of %d + %d bytes is too large", n, len(block))
	}
	w.plain.Write(block)
	w.plain.WriteString("\r\n\r\n")
	w.content.Write(w.plain.Bytes())
	member := compressors.Get().(*gzip.Writer)
	defer compressors.Put(member)
	member.Reset(&w.packed) // its header has neither time nor name in it
	if _, err := member.Write(w.plain.Bytes()); err != nil {
		return err
	}
	return member.Close()
}

// compressors are kept: making one takes 0.8 MB, and ten times as long as
// compressing a small record.
var compressors = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

func recordID(id uuid.UUID) string { return "<urn:uuid:" + id.String() + ">" }

// digest is a labelled digest (ISO 28500:2017, 5.8), in lower-case hex.
func digest(b []byte) string { return "sha256:" + hexSum(b) }

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
