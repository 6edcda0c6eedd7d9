package provider

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"hash"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// attempt is the check of a request against one version of a configuration.
type attempt struct {
	*Request
	*settings
	scheme string
	now    time.Time
	get    func(url string) ([]byte, error)
}

// header reads a header that must come once.
func (a *attempt) header(name string) (string, error) {
	values := a.Header.Values(name)
	switch {
	case len(values) == 0 || len(values) == 1 && values[0] == "":
		return "", refuse(ReasonMissing, "the "+name+" header is missing")
	case len(values) > 1:
		return "", refuse(ReasonMalformed, "the "+name+" header came more than once")
	}
	return values[0], nil
}

// fresh holds a time in Unix seconds to the tolerance, in either direction. It
// is asked after the signature was checked.
func (a *attempt) fresh(seconds string, standard time.Duration) (time.Time, error) {
	n, ok := decimal(seconds)
	if !ok {
		return time.Time{}, refuse(ReasonMalformed, "the timestamp is not a number of seconds")
	}
	at := time.Unix(n, 0)
	if err := a.near(at, standard); err != nil {
		return time.Time{}, err
	}
	return at, nil
}

func (a *attempt) near(at time.Time, standard time.Duration) error {
	age := a.now.Sub(at)
	if age.Abs() <= a.tolerance(standard) {
		return nil
	}
	why := refuse(ReasonStale, "the signature was made at "+at.UTC().Format(time.RFC3339)+", more than "+
		a.tolerance(standard).String()+" from now")
	why.cause = "it is an old callback sent again; or the clock of this machine is wrong"
	return why
}

// until is when a callback of that time is refused as stale in any case.
func (a *attempt) until(at time.Time, standard time.Duration) time.Time {
	return at.Add(a.tolerance(standard) + time.Second)
}

func (a *attempt) tolerance(standard time.Duration) time.Duration {
	if a.ToleranceSeconds != nil {
		return time.Duration(*a.ToleranceSeconds) * time.Second
	}
	return standard
}

// redact takes the secrets out of a text that is shown to people, and bounds it.
func (a *attempt) redact(text string) string {
	const shortest = 4 // below it a replacement would say more than it hides
	for _, secret := range a.secrets() {
		if len(secret) >= shortest {
			text = strings.ReplaceAll(text, secret, "•••")
		}
	}
	return clip(strings.ToValidUTF8(text, "\uFFFD"), maxSigned)
}

// clip cuts a text to n bytes, at the border of a character.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	n -= len("…")
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + "…"
}

// decimal reads a number of at most twelve digits and nothing else.
func decimal(text string) (int64, bool) {
	const digits = 12
	if text == "" || len(text) > digits {
		return 0, false
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// mac is an HMAC over the parts, one after the other.
func mac(algorithm func() hash.Hash, key string, parts ...[]byte) []byte {
	h := hmac.New(algorithm, []byte(key))
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}

// same compares in a time that tells neither content nor length.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// excerpt is the beginning of what was signed, for people. The parts are not
// put together whole: they can be megabytes.
func excerpt(parts ...[]byte) string {
	var b strings.Builder
	for _, part := range parts {
		b.Write(part[:min(len(part), 2*maxSigned)])
		if b.Len() > 2*maxSigned {
			break
		}
	}
	return b.String()
}
