package simulate

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// draft is a callback while it is written.
type draft struct {
	Target
	scheme string
	values map[string]string // what «name» stands for in a text

	method string
	suffix string // of the path
	as     encoding
	pairs  []pair
	header http.Header
	body   []byte
}

type pair struct{ key, value string }

// encoding is where pairs go.
type encoding int

const (
	none encoding = iota
	asQuery
	asForm
	asJSON
)

func newDraft(s *simulator, scheme string, t Target) *draft {
	if t.Now.IsZero() {
		t.Now = time.Now()
	}
	d := &draft{Target: t, scheme: scheme, method: http.MethodPost, header: http.Header{}}
	for name, value := range s.header {
		d.header.Set(name, value)
	}
	now := t.Now.UTC()
	d.values = map[string]string{
		"id": s.id(), "other": hexText(16), "uuid": uuid(), "number": digits(9), "token": hexText(25),
		"unix": strconv.FormatInt(now.Unix(), 10), "milliseconds": strconv.FormatInt(now.UnixMilli(), 10),
		"time": now.Format(time.RFC3339), "stamp": now.Format("2006-01-02T15:04:05.000Z"),
		"plain": now.Format("2006-01-02 15:04:05"), "date": now.Format(time.RFC1123Z), "media": first(t.MediaURL, s.media+hexText(16)),
	}
	return d
}

// fill puts the values into a text.
func (d *draft) fill(text string, escape func(string) string) string {
	var list []string
	for name, value := range d.values {
		list = append(list, "«"+name+"»", escape(value))
	}
	return strings.NewReplacer(list...).Replace(text)
}

func plain(s string) string { return s }

// inJSON escapes what stands between the quotes of a JSON string.
func inJSON(s string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string and a buffer cannot fail
	return strings.Trim(strings.TrimSuffix(b.String(), "\n"), `"`)
}

// jsonBody writes a text that is JSON.
func jsonBody(text string) func(*draft) {
	return func(d *draft) {
		d.header.Set("Content-Type", "application/json")
		d.body = []byte(d.fill(text, inJSON))
	}
}

// query, form and object write pairs, one a line.
func query(text string) func(*draft)  { return pairsAs(asQuery, http.MethodGet, text) }
func form(text string) func(*draft)   { return pairsAs(asForm, http.MethodPost, text) }
func object(text string) func(*draft) { return pairsAs(asJSON, http.MethodPost, text) }

func pairsAs(as encoding, method, text string) func(*draft) {
	return func(d *draft) {
		d.as, d.method = as, method
		for line := range strings.Lines(strings.TrimSpace(text)) {
			key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			d.add(strings.TrimSpace(key), d.fill(value, plain))
		}
	}
}

func (d *draft) add(key, value string) { d.pairs = append(d.pairs, pair{key, value}) }

// encode puts the pairs where they go.
func (d *draft) encode() {
	switch d.as {
	case asForm:
		d.body = []byte(urlencoded(d.pairs))
		if d.header.Get("Content-Type") == "" {
			d.header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
	case asJSON:
		var b strings.Builder
		for i, p := range d.pairs {
			b.WriteString(map[bool]string{true: "{", false: ","}[i == 0] + `"` + inJSON(p.key) + `":"` + inJSON(p.value) + `"`)
		}
		d.body = []byte(b.String() + "}")
		d.header.Set("Content-Type", "application/json")
	case none, asQuery:
	}
}

// url is the target with the suffix and the query.
func (d *draft) url() string {
	path, query, _ := strings.Cut(d.URL, "?")
	path = strings.TrimSuffix(path, "/") + d.suffix
	if d.as == asQuery {
		query = strings.Trim(query+"&"+urlencoded(d.pairs), "&")
	}
	if query == "" {
		return path
	}
	return path + "?" + query
}

func urlencoded(pairs []pair) string {
	parts := make([]string, len(pairs))
	for i, p := range pairs {
		parts[i] = url.QueryEscape(p.key) + "=" + url.QueryEscape(p.value)
	}
	return strings.Join(parts, "&")
}

// part is one of a multipart form: a field, or a file where it has a name.
type part struct{ name, file, contentType, content string }

// multipart writes a form with files.
func (d *draft) multipart(parts []part) {
	boundary := "xYzZY" + hexText(8)
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + p.name + `"`)
		if p.file != "" {
			b.WriteString("; filename=\"" + p.file + "\"\r\nContent-Type: " + p.contentType)
		}
		b.WriteString("\r\n\r\n" + p.content + "\r\n")
	}
	d.header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
	d.body = []byte(b.String() + "--" + boundary + "--\r\n")
}
