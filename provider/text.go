package provider

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
)

// plain makes UTF-8 of a text of unknown charset: what is none is taken for
// Windows-1252, as mail programs do.
func plain(text []byte) string {
	if utf8.Valid(text) {
		return string(text)
	}
	return toUTF8("windows-1252", text)
}

// toUTF8 makes UTF-8 of a text whose charset is named. What says that it is
// ASCII and is not may be anything; one bad byte in UTF-8 is a bad byte.
func toUTF8(name string, text []byte) string {
	switch name = strings.ToLower(strings.TrimSpace(name)); name {
	case "", "us-ascii", "ascii":
		return plain(text)
	case "utf-8", "utf8":
		return strings.ToValidUTF8(string(text), "\uFFFD")
	}
	reader, err := charset.Reader(name, bytes.NewReader(text))
	if err != nil {
		return plain(text)
	}
	decoded, err := io.ReadAll(reader)
	if err != nil {
		return plain(text)
	}
	return strings.ToValidUTF8(string(decoded), "\uFFFD")
}

// tidy writes line ends as LF and takes blank lines off both ends.
func tidy(text *string) *string {
	if text == nil {
		return nil
	}
	s := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(*text)
	for {
		line, rest, more := strings.Cut(s, "\n")
		if !more || strings.TrimSpace(line) != "" {
			break
		}
		s = rest
	}
	end := len(strings.TrimRight(s, " \t\n"))
	if i := strings.IndexByte(s[end:], '\n'); i >= 0 {
		s = s[:end+i]
	}
	return &s
}
