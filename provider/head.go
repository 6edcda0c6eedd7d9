package provider

import (
	"bufio"
	"bytes"
	"mime"
	"net/mail"
	"path"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/charset"
	"github.com/emersion/go-message/textproto"
)

// head is the header of a message or of a part.
type head struct{ message.Header }

const (
	maxField = 64 << 10 // bytes of one field that is parsed further
	maxID    = 998      // bytes of a message id: no line can be longer
	maxName  = 255      // bytes of a file name
)

// splitHeader parts header and body, and drops from the header what is no
// field, such as mbox's "From " line. cut is true where it goes beyond the
// limit.
func splitHeader(raw []byte) (h head, body []byte, cut bool) {
	var kept bytes.Buffer
	body = raw
	field := false // whether the line above belongs to a field
	for len(body) > 0 {
		line, rest, _ := bytes.Cut(body, []byte("\n"))
		body = rest
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 {
			break
		}
		if line[0] != ' ' && line[0] != '\t' {
			field = isField(line)
		}
		if kept.Len()+len(line) > maxHeader {
			field, cut = false, true
		}
		if field {
			kept.Write(line)
			kept.WriteString("\r\n")
		}
	}
	kept.WriteString("\r\n")
	parsed, err := textproto.ReadHeader(bufio.NewReader(&kept))
	return head{message.Header{Header: parsed}}, body, cut || err != nil
}

// isField reports whether a line opens a field: a name of RFC 5322, a colon.
func isField(line []byte) bool {
	name, _, ok := bytes.Cut(line, []byte(":"))
	name = bytes.TrimRight(name, " \t")
	return ok && len(name) > 0 && bytes.IndexFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// media reads a field such as Content-Type: its value in lower case, and its
// parameters. Of one that breaks the rules it takes what it finds.
func (h head) media(name string) (value string, params map[string]string) {
	raw := clip(h.Get(name), maxField)
	value, params, err := mime.ParseMediaType(raw)
	if err == nil {
		return value, params
	}
	value, _, _ = strings.Cut(raw, ";")
	params = map[string]string{}
	for _, match := range parameter.FindAllStringSubmatch(raw, maxIDs) {
		key := strings.ToLower(match[1])
		if _, twice := params[key]; !twice {
			params[key] = match[2] + strings.TrimSpace(match[3])
		}
	}
	return strings.ToLower(strings.TrimSpace(value)), params
}

var parameter = regexp.MustCompile(`;\s*([A-Za-z-]+)\s*=\s*(?:"([^"]*)"|([^;"]*))`)

// headOf makes a header of fields that were parsed by the provider.
func headOf(fields pairs) head {
	h := head{}
	for i := min(len(fields), maxPairs) - 1; i >= 0; i-- { // Add puts on top
		if isField([]byte(fields[i].key + ":")) {
			h.Add(fields[i].key, strings.TrimSpace(fields[i].value))
		}
	}
	return h
}

// text is a field in UTF-8, its encoded words (RFC 2047) decoded.
func (h head) text(name string) string { return decodeWords(h.Get(name)) }

func decodeWords(s string) string {
	if len(s) > maxField {
		s = clip(s, maxField)
	}
	if decoded, err := words().DecodeHeader(s); err == nil {
		s = decoded
	}
	return plain([]byte(s))
}

func words() *mime.WordDecoder { return &mime.WordDecoder{CharsetReader: charset.Reader} }

// ids are the message ids of a field, without brackets.
func (h head) ids(name string) []string {
	value := clip(h.Get(name), maxField)
	var ids []string
	for _, match := range bracketed.FindAllStringSubmatch(value, maxIDs) {
		ids = append(ids, plain([]byte(strings.TrimSpace(match[1]))))
	}
	if ids == nil && strings.Contains(value, "@") {
		for id := range strings.FieldsSeq(value) {
			if len(ids) < maxIDs {
				ids = append(ids, plain([]byte(trimBrackets(id))))
			}
		}
	}
	return ids
}

var bracketed = regexp.MustCompile(`<\s*([^<>\s]{1,998})\s*>`)

// id is the first of them, "" if there is none.
func (h head) id(name string) string {
	if ids := h.ids(name); len(ids) > 0 {
		return ids[0]
	}
	return ""
}

// date is when the sender says that he wrote; nil where he does not.
func (h head) date() *time.Time {
	at, err := mail.ParseDate(clip(h.Get("Date"), maxName))
	if err != nil {
		return nil
	}
	at = at.UTC()
	if at.Year() < 1 || at.Year() > 9999 {
		return nil
	}
	return &at
}

// cleanName is a file's name without a path and without what cannot be seen.
func cleanName(name string) string {
	name = decodeWords(name)
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ReplaceAll(name, `\`, "/"))
	if name = path.Base(name); name == "." || name == "/" || name == ".." {
		return ""
	}
	return clip(name, maxName)
}
