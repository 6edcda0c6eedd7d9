package search

import (
	"iter"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxWord bounds a word, in bytes; the rest of a longer one is dropped.
const maxWord = 64

// words takes text apart: into runs of letters and digits, in lower case and
// without accents (Unicode NFKD). In scripts that put no space between words
// each character is one.
func words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		word := make([]byte, 0, maxWord)
		flush := func() bool {
			if len(word) == 0 {
				return true
			}
			w := string(word)
			word = word[:0]
			return yield(w)
		}
		var it norm.Iter
		it.InitString(norm.NFKD, text)
		for !it.Done() {
			for part := it.Next(); len(part) > 0; {
				r, n := utf8.DecodeRune(part)
				part = part[n:]
				switch {
				case r == utf8.RuneError:
					if !flush() {
						return
					}
				case unicode.Is(unicode.Mn, r): // an accent
				case unbroken(r):
					if !flush() || !yield(string(r)) {
						return
					}
				case unicode.IsLetter(r) || unicode.IsNumber(r):
					if r = unicode.ToLower(r); len(word)+utf8.RuneLen(r) <= maxWord {
						word = utf8.AppendRune(word, r)
					}
				default:
					if !flush() {
						return
					}
				}
			}
		}
		flush()
	}
}

func unbroken(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}
