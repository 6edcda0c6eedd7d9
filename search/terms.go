// Package search turns messages into the terms that they are found by, and
// what people ask for into queries over such terms. Where terms are kept is
// the store's: as a tsvector of PostgreSQL, without its parsers, so that both
// sides take words apart in the same way, in any language.
//
// Words are terms as they are. What is matched whole (tenant, endpoint,
// participants, values of additional fields) is a term that begins with "=",
// which no word does: one index answers every combination of them.
package search

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"posthorn/hook"
)

// Limits of what is indexed of a message. PostgreSQL holds 1 MB of terms.
const (
	maxTerms = 20_000
	maxBytes = 256 << 10
	maxExact = 200 // bytes of a term that is matched whole; longer ones are hashed
)

// Document is what a message is found by.
type Document struct {
	Tenant, Endpoint hook.ID
	ExternalID       string
	Payload          *hook.Payload // nil where the body is no message's: then it is found by its ids alone
}

// Terms lists a document's terms, sorted, each once. Of a very large message
// the first 20,000 are kept.
func Terms(d Document) []string {
	t := terms{seen: map[string]struct{}{}}
	t.exact("t", d.Tenant.String())
	t.exact("e", d.Endpoint.String())
	t.exact("x", d.ExternalID)
	t.words(d.ExternalID)
	if p := d.Payload; p != nil {
		t.party("from", p.From)
		for _, to := range p.To {
			t.party("to", to)
		}
		t.fields(p.Fields)
		for _, a := range p.Attachments {
			t.words(a.Filename)
		}
		t.words(p.Body)
	}
	return t.sorted()
}

type terms struct {
	seen map[string]struct{}
	size int
}

func (t *terms) add(term string) {
	if _, ok := t.seen[term]; ok || len(t.seen) >= maxTerms || t.size+len(term) > maxBytes {
		return
	}
	t.seen[term] = struct{}{}
	t.size += len(term)
}

func (t *terms) exact(kind, value string) { t.add(exact(kind, value)) }

func (t *terms) words(text string) {
	for word := range words(text) {
		if len(t.seen) >= maxTerms {
			return
		}
		t.add(word)
	}
}

func (t *terms) party(kind string, p hook.Party) {
	t.exact(kind, strings.ToLower(p.Identifier))
	t.words(p.Identifier)
	t.words(p.DisplayName)
}

// fields adds every value below a JSON value: its words, and the whole of it
// under its path. The elements of an array have the array's path.
func (t *terms) fields(raw json.RawMessage) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	t.value(d, "", 0)
}

// value adds the value that a decoder stands before, and reports whether there
// was one: it was JSON, of bounded depth, when it was accepted.
func (t *terms) value(d *json.Decoder, path string, depth int) bool {
	token, err := d.Token()
	if err != nil || depth > hook.MaxDepth {
		return false
	}
	switch v := token.(type) {
	case json.Delim:
		for d.More() {
			below := path
			if v == '{' {
				name, err := d.Token()
				if err != nil {
					return false
				}
				below = join(path, fmt.Sprint(name))
			}
			if !t.value(d, below, depth+1) {
				return false
			}
		}
		_, err := d.Token()
		return err == nil
	case string:
		t.exact("f", path+"="+v)
		t.words(v)
	case json.Number:
		t.exact("f", path+"="+scalar(v.String()))
		t.words(v.String())
	case bool:
		t.exact("f", path+"="+strconv.FormatBool(v))
	case nil:
		t.exact("f", path+"=null")
	}
	return true
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// scalar writes a number in one way, however it was written; true, false and
// null are what they are.
func scalar(text string) string {
	if f, err := strconv.ParseFloat(text, 64); err == nil && len(text) <= 32 {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return strconv.FormatInt(n, 10)
		}
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return text
}

// exact is the term of a value that is matched whole. No term has control
// characters.
func exact(kind, value string) string {
	term := "=" + kind + ":" + strings.ToValidUTF8(value, "\uFFFD")
	if len(term) <= maxExact && !strings.ContainsFunc(term, unicode.IsControl) { // PostgreSQL holds no NUL
		return term
	}
	sum := sha256.Sum256([]byte(value))
	return "=" + kind + "#" + hex.EncodeToString(sum[:16])
}

func (t *terms) sorted() []string {
	list := make([]string, 0, len(t.seen))
	for term := range t.seen {
		list = append(list, term)
	}
	slices.Sort(list)
	return list
}
