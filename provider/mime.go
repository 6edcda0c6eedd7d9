package provider

import (
	"bytes"
	"io"
	"strings"

	"github.com/emersion/go-message"
)

// Bounds of a message from the internet, beside the size of the request. What
// lies beyond them is left out, and the message says so.
const (
	maxNesting = 16        // multiparts within multiparts
	maxHeader  = 256 << 10 // bytes of one header
	maxNames   = 1000      // addresses of one field
	maxIDs     = 200       // message ids of one field
)

// content is what a message consists of, decoded.
type content struct {
	text, html *string
	media      []Media
	truncated  bool
	parts      int
}

// parseMIME reads a message as it came over the wire. Broken ones are common:
// it makes what it can of them and never fails.
func parseMIME(raw []byte) (head, *content) {
	c := &content{}
	h, body, cut := splitHeader(raw)
	c.truncated = cut
	c.walk(h, body, 0)
	c.text, c.html = tidy(c.text), tidy(c.html)
	return h, c
}

func (c *content) walk(h head, body []byte, depth int) {
	if c.parts++; c.parts > maxParts || depth > maxNesting {
		c.truncated = true
		return
	}
	kind, params := h.media("Content-Type")
	if boundary := params["boundary"]; strings.HasPrefix(kind, "multipart/") && boundary != "" {
		parts, whole := splitParts(body, boundary)
		c.truncated = c.truncated || !whole
		for _, part := range parts {
			header, content, cut := splitHeader(part)
			c.truncated = c.truncated || cut
			c.walk(header, content, depth+1)
		}
		return
	}
	if c.text == nil && strings.HasPrefix(kind, "multipart/") { // without a boundary
		kind, c.truncated = "text/plain", true
	}
	disposition, named := h.media("Content-Disposition")
	filename := cleanName(firstOf(named["filename"], params["name"]))
	if isText(kind) && disposition != "attachment" && filename == "" {
		c.addText(kind, c.decode(h, body, params["charset"]))
		return
	}
	id := trimBrackets(h.Get("Content-Id"))
	c.media = append(c.media, Media{
		Email: true, Filename: filename, ContentType: firstOf(kind, "application/octet-stream"), ContentID: clip(id, maxID),
		Inline:  disposition == "inline" || disposition == "" && id != "",
		Content: c.decodeFile(h, body),
	})
}

// addText keeps a text; several of one kind follow each other in a mail that
// has pictures between them.
func (c *content) addText(kind, text string) {
	at := &c.text
	if kind == "text/html" {
		at = &c.html
	}
	if *at != nil {
		text = **at + "\n" + text
	}
	*at = &text
}

// decode undoes the transfer encoding and the charset of a text. A broken
// encoding reads better as it is than in part.
func (c *content) decode(h head, body []byte, charset string) string {
	decoded, err := transfer(h, body)
	if err != nil {
		c.truncated = true
		decoded = body
	}
	return toUTF8(charset, decoded)
}

// decodeFile undoes the transfer encoding alone: a file is stored as it was,
// in its own charset. Of a broken one it keeps what can be read.
func (c *content) decodeFile(h head, body []byte) []byte {
	decoded, err := transfer(h, body)
	c.truncated = c.truncated || err != nil
	return decoded
}

func transfer(h head, body []byte) ([]byte, error) {
	encoding := strings.ToLower(strings.TrimSpace(h.Get("Content-Transfer-Encoding")))
	switch encoding {
	case "", "7bit", "8bit", "binary":
		return body, nil
	}
	only := message.Header{}
	only.Set("Content-Transfer-Encoding", encoding)
	only.Set("Content-Type", "application/octet-stream")
	entity, unknown := message.New(only, bytes.NewReader(body))
	decoded, err := io.ReadAll(entity.Body)
	if unknown != nil {
		return decoded, unknown
	}
	return decoded, err
}

// isText reports whether a part can be a body: one whose type is not of the
// form of a type is taken for text.
func isText(kind string) bool {
	return kind == "text/plain" || kind == "text/html" || !strings.Contains(kind, "/")
}

// splitParts cuts the body of a multipart at its boundary. whole is false
// where the last boundary is missing.
func splitParts(body []byte, boundary string) (parts [][]byte, whole bool) {
	mark := []byte("--" + boundary)
	start := -1
	for from := 0; ; {
		found := bytes.Index(body[from:], mark)
		if found < 0 {
			break
		}
		at := from + found
		from = at + len(mark)
		if at > 0 && body[at-1] != '\n' {
			continue
		}
		line, _, _ := bytes.Cut(body[from:min(len(body), from+maxBoundary)], []byte("\n"))
		rest := string(bytes.TrimRight(line, " \t\r"))
		if rest != "" && rest != "--" {
			continue
		}
		if start >= 0 {
			parts = append(parts, trimLineEnd(body[min(start, at):at]))
		}
		if rest == "--" {
			return parts, true
		}
		if start = min(len(body), from+len(line)+1); len(parts) >= maxParts {
			return parts, false
		}
	}
	if start >= 0 {
		parts = append(parts, body[start:])
	}
	return parts, false
}

// maxBoundary bounds the white space after a boundary.
const maxBoundary = 1000 // bytes

// trimLineEnd takes off the line end that belongs to the boundary after it.
func trimLineEnd(b []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
}
