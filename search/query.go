package search

import (
	"errors"
	"strings"

	"posthorn/hook"
)

// ErrNoWord is what a text without any word to look for gives.
var ErrNoWord = errors.New("holds no word to search for")

// maxQuery bounds how many terms one query may have.
const maxQuery = 64

// ErrTooLong is what a text of very many words gives.
var ErrTooLong = errors.New("holds more than 64 words")

// Query says which messages are looked for. Zero fields do not narrow it.
type Query struct {
	Tenant   hook.ID
	Endpoint hook.ID
	// Text has words that all must be found; -word must not, word* is found by
	// its beginning. Quotes keep what they hold from being read in this way.
	Text   string
	From   string
	To     string
	Fields []Field
}

// Field is an additional field and its value: a string as it is, a number,
// true, false or null as JSON writes it.
type Field struct {
	Path  string // names joined by dots
	Value string
}

// Narrow reports whether a query is for more than all of an endpoint's or a
// tenant's messages.
func (q *Query) Narrow() bool {
	return q.Text != "" || q.From != "" || q.To != "" || len(q.Fields) > 0
}

// Expression is the query as PostgreSQL's tsquery reads it.
func (q *Query) Expression() (string, error) {
	parts := []string{quote(exact("t", q.Tenant.String()))}
	if q.Endpoint != (hook.ID{}) {
		parts = append(parts, quote(exact("e", q.Endpoint.String())))
	}
	if q.From != "" {
		parts = append(parts, quote(exact("from", strings.ToLower(q.From))))
	}
	if q.To != "" {
		parts = append(parts, quote(exact("to", strings.ToLower(q.To))))
	}
	for _, f := range q.Fields {
		parts = append(parts, f.expression())
	}
	if q.Text != "" {
		text := expressions(q.Text)
		if len(text) == 0 {
			return "", ErrNoWord
		}
		parts = append(parts, text...)
	}
	if len(parts) > maxQuery {
		return "", ErrTooLong
	}
	return strings.Join(parts, " & "), nil
}

// expression matches the value as a string, or as a number where it is one: a
// query has no types.
func (f Field) expression() string {
	text := quote(exact("f", f.Path+"="+f.Value))
	if number := quote(exact("f", f.Path+"="+scalar(f.Value))); number != text {
		return "(" + text + " | " + number + ")"
	}
	return text
}

// expressions reads a text as people type it.
func expressions(text string) (list []string) {
	for i, part := range strings.Split(text, `"`) {
		if quoted := i%2 == 1; quoted {
			list = append(list, all(part, "", "")...)
			continue
		}
		for token := range strings.FieldsSeq(part) {
			before, after := "", ""
			if rest, ok := strings.CutPrefix(token, "-"); ok {
				before, token = "!", rest
			}
			if rest, ok := strings.CutSuffix(token, "*"); ok {
				after, token = ":*", rest
			}
			list = append(list, all(token, before, after)...)
		}
	}
	return list
}

// all joins the words of a token, which can have several: an address, a date.
// Only the last one is a beginning.
func all(token, before, after string) []string {
	var list []string
	for word := range words(token) {
		list = append(list, quote(word))
	}
	if len(list) == 0 {
		return nil
	}
	list[len(list)-1] += after
	if before != "" {
		return []string{before + "(" + strings.Join(list, " & ") + ")"}
	}
	return list
}

// quote makes a term a literal of tsquery.
func quote(term string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(term) + "'"
}
