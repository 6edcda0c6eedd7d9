package provider

import (
	"strconv"
	"strings"
	"time"
)

// The last second that RFC 3339 can write.
const lastSecond = 253402300799

// unix reads Unix seconds, with or without a fraction, digit by digit: a
// floating point number would blur the microseconds.
func unix(text string) *time.Time {
	whole, fraction, _ := strings.Cut(text, ".")
	n, ok := decimal(whole)
	if !ok || n > lastSecond {
		return nil
	}
	nanos := int64(0)
	if fraction != "" {
		const digits = 9
		padded := (fraction + "000000000")[:digits]
		if nanos, ok = decimal(padded); !ok {
			return nil
		}
	}
	at := time.Unix(n, nanos).UTC()
	return &at
}

// unixMilli reads Unix milliseconds.
func unixMilli(text string) *time.Time {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 || n/1000 > lastSecond {
		return nil
	}
	at := time.UnixMilli(n).UTC()
	return &at
}

// unixEither reads seconds or milliseconds, told apart by their size.
func unixEither(text string) *time.Time {
	const milliseconds = 12 // digits: seconds have no more before the year 33658
	if len(text) > milliseconds {
		return unixMilli(text)
	}
	return unix(text)
}

// stamp reads a time in any of the layouts; one without a zone is UTC.
func stamp(text string, layouts ...string) *time.Time {
	for _, layout := range layouts {
		if at, err := time.Parse(layout, text); err == nil && at.Year() > 0 {
			at = at.UTC()
			if at.Year() < 1 || at.Year() > 9999 {
				return nil
			}
			return &at
		}
	}
	return nil
}

// rfc3339 reads what most providers send.
func rfc3339(text string) *time.Time { return stamp(text, time.RFC3339, "2006-01-02T15:04:05Z0700") }
