package hook

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Coding is the Content-Encoding of a request's body (RFC 9110, section 8.4).
type Coding string

// The codings that are taken.
const (
	CodingNone Coding = ""
	CodingGzip Coding = "gzip"
)

// ParseCoding reads the values of a request's Content-Encoding. One coding is
// taken, once; the error for any other is of CodeUnsupported.
func ParseCoding(values []string) (Coding, error) {
	coding := CodingNone
	for name := range strings.SplitSeq(strings.Join(values, ","), ",") {
		switch name = strings.ToLower(strings.Trim(name, " \t")); {
		case name == "" || name == "identity":
		case (name == "gzip" || name == "x-gzip") && coding == CodingNone:
			coding = CodingGzip
		default:
			return coding, &Error{Code: CodeUnsupported, Message: "this Content-Encoding is not taken; send gzip, or leave it out"}
		}
	}
	return coding, nil
}

// Reader undoes the coding of a body.
func (c Coding) Reader(body io.Reader) (io.Reader, error) {
	if c == CodingNone {
		return body, nil
	}
	return gzip.NewReader(body)
}

// ErrDecode is what is wrong with a body that cannot be decoded.
func ErrDecode(err error) error {
	return &Error{Code: CodeMalformed, Message: "the body is not what its Content-Encoding says: it cannot be decompressed", Err: err}
}

// ErrTooLarge is what is wrong with a body above a limit in bytes.
func ErrTooLarge(limit int64) error {
	return &Error{Code: CodeTooLarge, Message: "the body is larger than " + strconv.FormatInt(limit, 10) + " bytes; that counts after decompression, too"}
}

// coding is the Content-Encoding that a request was recorded with.
func (r *Request) coding() (Coding, error) {
	var values []string
	for _, field := range r.Header {
		if http.CanonicalHeaderKey(field[0]) == "Content-Encoding" {
			values = append(values, field[1])
		}
	}
	return ParseCoding(values)
}

// Decode undoes the Content-Encoding of a body that came with the request, up
// to limit bytes.
func (r *Request) Decode(raw []byte, limit int64) ([]byte, error) {
	coding, err := r.coding()
	if err != nil || coding == CodingNone {
		return raw, err
	}
	reader, err := coding.Reader(bytes.NewReader(raw))
	if err != nil {
		return nil, ErrDecode(err)
	}
	body, err := io.ReadAll(io.LimitReader(reader, limit+1))
	switch {
	case err != nil:
		return nil, ErrDecode(err)
	case int64(len(body)) > limit:
		return nil, ErrTooLarge(limit)
	}
	return body, nil
}

// ReadPayload reads the payload of a body that was accepted with the request.
// What was accepted has the right shape.
func (r *Request) ReadPayload(raw []byte) (*Payload, error) {
	body, err := r.Decode(raw, MaxBody)
	if err != nil {
		return nil, err
	}
	return ParsePayload(body, nil)
}

// WithoutCoding is the request as one without a Content-Encoding, for a part
// of its decoded body.
func (r Request) WithoutCoding() Request {
	kept := make([][2]string, 0, len(r.Header))
	for _, field := range r.Header {
		if http.CanonicalHeaderKey(field[0]) != "Content-Encoding" {
			kept = append(kept, field)
		}
	}
	r.Header = kept
	return r
}
