package envelope

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// appendECMA writes a JSON text as JavaScript's JSON.stringify writes what
// JSON.parse made of it (ECMA-262, section 25.5): strings without needless
// escapes, numbers as the nearest double in its shortest form, of equal names
// the last value, names that are array indices first. Whoever signs a parsed
// body that was written again finds the same bytes. The text must be valid.
func appendECMA(b []byte, raw []byte) []byte {
	p := parser{raw: raw}
	return p.value(b)
}

// parser goes over a JSON text that is known to be valid.
type parser struct {
	raw []byte
	at  int
}

// next skips white space and looks at what comes.
func (p *parser) next() byte {
	for {
		switch c := p.raw[p.at]; c {
		case ' ', '\t', '\r', '\n', ',', ':':
			p.at++
		default:
			return c
		}
	}
}

func (p *parser) value(b []byte) []byte {
	switch c := p.next(); {
	case c == '{':
		return p.object(b)
	case c == '[':
		return p.array(b)
	case c == '"':
		return p.string(b)
	case c == '-' || c >= '0' && c <= '9':
		return p.number(b)
	}
	word := p.until(func(c byte) bool { return c < 'a' || c > 'z' })
	return append(b, word...)
}

func (p *parser) until(end func(byte) bool) []byte {
	from := p.at
	for p.at < len(p.raw) && !end(p.raw[p.at]) {
		p.at++
	}
	return p.raw[from:p.at]
}

func (p *parser) array(b []byte) []byte {
	b = append(b, '[')
	p.at++
	for n := 0; p.next() != ']'; n++ {
		if n > 0 {
			b = append(b, ',')
		}
		b = p.value(b)
	}
	p.at++
	return append(b, ']')
}

// property is a field of an object, name and value as they are written.
type property struct{ name, value []byte }

func (p *parser) object(b []byte) []byte {
	var list []property
	place := map[string]int{}
	for p.at++; p.next() != '}'; {
		name := p.string(nil)
		field := property{name, p.value(nil)}
		if i, twice := place[string(name)]; twice {
			list[i] = field
			continue
		}
		place[string(name)] = len(list)
		list = append(list, field)
	}
	p.at++
	slices.SortStableFunc(list, func(x, y property) int { return cmp.Compare(x.index(), y.index()) })
	b = append(b, '{')
	for i, field := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, field.name...), ':'), field.value...)
	}
	return append(b, '}')
}

// index is where a property stands: an array index before all other names.
func (f property) index() uint64 {
	text := string(f.name[1 : len(f.name)-1])
	i, err := strconv.ParseUint(text, 10, 32)
	if err != nil || i == math.MaxUint32 || strconv.FormatUint(i, 10) != text {
		return math.MaxUint64
	}
	return i
}

func (p *parser) number(b []byte) []byte {
	text := p.until(func(c byte) bool { return (c < '0' || c > '9') && !bytes.ContainsRune([]byte("+-.eE"), rune(c)) })
	f, _ := strconv.ParseFloat(string(text), 64) // the error is that of its range
	switch {
	case math.IsInf(f, 0):
		return append(b, "null"...)
	case f == 0: // -0 too
		return append(b, '0')
	}
	written, _ := json.Marshal(f) // writes doubles as ECMA-262 does
	return append(b, written...)
}

func (p *parser) string(b []byte) []byte {
	b = append(b, '"')
	for p.at++; p.raw[p.at] != '"'; {
		if p.raw[p.at] != '\\' {
			r, size := utf8.DecodeRune(p.raw[p.at:])
			p.at += size
			b = appendChar(b, r)
			continue
		}
		if p.raw[p.at+1] != 'u' {
			b = appendChar(b, unescape(p.raw[p.at+1]))
			p.at += 2
			continue
		}
		r := p.unit(p.at)
		p.at += 6
		if utf16.IsSurrogate(r) {
			pair := utf16.DecodeRune(r, p.unit(p.at))
			if pair == utf8.RuneError { // half of a pair stays an escape
				b = append(b, '\\', 'u')
				b = strconv.AppendUint(b, uint64(r), 16)
				continue
			}
			r = pair
			p.at += 6
		}
		b = appendChar(b, r)
	}
	p.at++
	return append(b, '"')
}

// unit is the UTF-16 code unit that is escaped at a place, 0 where none is.
func (p *parser) unit(at int) rune {
	if at+6 > len(p.raw) || p.raw[at] != '\\' || p.raw[at+1] != 'u' {
		return 0
	}
	n, _ := strconv.ParseUint(string(p.raw[at+2:at+6]), 16, 16) // hex, as it is valid
	return rune(n)
}

func unescape(c byte) rune {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return rune(c)
}
