package egress

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"posthorn/hook"
)

// Bounds of what is kept of an answer.
const (
	maxHeaders = 100
	maxValue   = 1024 // bytes of a header's value
	maxDetail  = 300  // bytes of what is told of an error
)

// judge says what a status code means. Its text is ours: the phrase beside the
// code comes from the other side and says whatever it likes.
func judge(code int) (hook.ErrorClass, string) {
	answer := "the answer is " + strings.TrimSpace(strconv.Itoa(code)+" "+http.StatusText(code))
	switch {
	case code >= 200 && code < 300:
		return hook.ErrorNone, ""
	case code >= 300 && code < 400:
		return hook.ErrorRedirect, answer + ", and no redirect is followed"
	}
	return hook.ErrorStatus, answer
}

// headerList lists the headers of an answer, sorted by name.
func headerList(header http.Header) [][2]string {
	list := make([][2]string, 0, len(header))
	for name, values := range header {
		for _, value := range values {
			list = append(list, [2]string{name, clean(value, maxValue)})
		}
	}
	slices.SortStableFunc(list, func(a, b [2]string) int { return cmp.Compare(a[0], b[0]) })
	return list[:min(len(list), maxHeaders)]
}

// clean makes text of the other side fit to be stored and shown: at most limit
// bytes of UTF-8, without control characters. PostgreSQL holds no NUL. What is
// not UTF-8 becomes a question mark, which is no longer than what it stands for.
func clean(s string, limit int) string {
	end := min(len(s), limit)
	for end > 0 && end < len(s) && !utf8.RuneStart(s[end]) {
		end--
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return '?'
		case unicode.IsControl(r):
			return ' '
		}
		return r
	}, s[:end])
}

// retryAfter is how long a 429 or 503 asks us to wait: seconds or a date (RFC
// 9110, section 10.2.3). 0 where it does not say; at most hook.MaxRetryAfter.
func retryAfter(answer *http.Response, now time.Time) time.Duration {
	if answer.StatusCode != http.StatusTooManyRequests && answer.StatusCode != http.StatusServiceUnavailable {
		return 0
	}
	value := strings.TrimSpace(answer.Header.Get("Retry-After"))
	if value != "" && strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 32)
		if err != nil {
			return hook.MaxRetryAfter // more than can be counted
		}
		return min(time.Duration(seconds)*time.Second, hook.MaxRetryAfter)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), hook.MaxRetryAfter)
}
