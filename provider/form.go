package provider

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"
)

// pair is a parameter of a query or a form, decoded.
type pair struct{ key, value string }

// pairs are parameters in the order in which they came.
type pairs []pair

// parsePairs reads application/x-www-form-urlencoded. Nothing is dropped: an
// empty value, a key without "=", a semicolon, an escape that is none (it stays
// as it is): what is not seen here would be missing from a signature.
func parsePairs(raw string) pairs {
	if raw == "" {
		return nil
	}
	list := make(pairs, 0, min(strings.Count(raw, "&")+1, maxPairs))
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" || len(list) == maxPairs {
			continue
		}
		key, value, _ := strings.Cut(part, "=")
		list = append(list, pair{unescape(key), unescape(value)})
	}
	return list
}

// maxPairs bounds the memory that a form takes. A form of more parameters
// than that is cut, and so does not verify.
const maxPairs = 10000

func unescape(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return strings.ReplaceAll(s, "+", " ")
}

// get is the first value of a key, "" if there is none.
func (p pairs) get(key string) string {
	value, _ := p.lookup(key)
	return value
}

func (p pairs) lookup(key string) (string, bool) {
	for _, pair := range p {
		if pair.key == key {
			return pair.value, true
		}
	}
	return "", false
}

// all are the values of a key.
func (p pairs) all(key string) []string {
	var values []string
	for _, pair := range p {
		if pair.key == key {
			values = append(values, pair.value)
		}
	}
	return values
}

// sorted orders by key and then by value, bytewise.
func (p pairs) sorted() pairs {
	p = slices.Clone(p)
	slices.SortStableFunc(p, func(x, y pair) int {
		if c := strings.Compare(x.key, y.key); c != 0 {
			return c
		}
		return strings.Compare(x.value, y.value)
	})
	return p
}

// file is a part of a multipart form that has a file name.
type file struct {
	key, name, contentType string
	content                []byte
}

// Bounds of a multipart form; its size is that of the body.
const maxParts = 1000

// form reads the body as a form of either kind, with the content of its files
// or without. ok is false where it is none, or one that breaks off.
func (r *Request) form(withFiles bool) (values pairs, files []file, ok bool) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.isForm():
		values = parsePairs(string(r.Body))
		return values, nil, len(values) > 0
	case err != nil || kind != "multipart/form-data" || params["boundary"] == "":
		return nil, nil, false
	}
	reader := multipart.NewReader(bytes.NewReader(r.Body), params["boundary"])
	for range maxParts {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return values, files, len(values)+len(files) > 0
		}
		if err != nil {
			return values, files, false
		}
		name, isFile := fileName(part)
		if isFile && !withFiles {
			continue // NextRawPart passes over it
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return values, files, false
		}
		if isFile {
			files = append(files, file{part.FormName(), name, part.Header.Get("Content-Type"), content})
		} else {
			values = append(values, pair{part.FormName(), string(content)})
		}
	}
	return values, files, false
}

// fileName tells a file, which may have an empty name, from a field.
func fileName(part *multipart.Part) (name string, isFile bool) {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	name, isFile = params["filename"]
	return name, isFile && err == nil
}

func (p pairs) values() url.Values {
	values := url.Values{}
	for _, pair := range p {
		values.Add(pair.key, pair.value)
	}
	return values
}
