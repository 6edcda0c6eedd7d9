package provider

import (
	"slices"
	"strings"
)

// twilioURLs are the forms of the URL over which Twilio may have signed: as it
// is, with the port, without it, and each with the query encoded anew.
func twilioURLs(url string) []string {
	urls := []string{url}
	for _, u := range []string{withoutPort(url), withPort(url)} {
		if !slices.Contains(urls, u) {
			urls = append(urls, u)
		}
	}
	for _, u := range slices.Clone(urls) {
		path, query, ok := strings.Cut(u, "?")
		if !ok {
			continue
		}
		for _, again := range []string{escapeSpecial(query), encodeAgain(query, nodeKeeps, "%20"), encodeAgain(query, formKeeps, "+")} {
			if again = path + "?" + again; !slices.Contains(urls, again) {
				urls = append(urls, again)
			}
		}
	}
	return urls
}

// splitURL parts a URL around its port, which includes its colon.
func splitURL(url string) (before, port, after string) {
	start := strings.Index(url, "://") + len("://")
	if start < len("://") {
		return url, "", ""
	}
	end := len(url)
	if i := strings.IndexAny(url[start:], "/?"); i >= 0 {
		end = start + i
	}
	host := start + strings.LastIndexByte(url[start:end], '@') + 1
	if colon := strings.LastIndexByte(url[host:end], ':'); colon >= 0 && !strings.Contains(url[host+colon:end], "]") {
		return url[:host+colon], url[host+colon : end], url[end:]
	}
	return url[:end], "", url[end:]
}

func withoutPort(url string) string {
	before, _, after := splitURL(url)
	return before + after
}

// withPort adds the standard port where there is none.
func withPort(url string) string {
	before, port, after := splitURL(url)
	switch {
	case port != "":
		return url
	case strings.HasPrefix(url, "https:"):
		return before + ":443" + after
	case strings.HasPrefix(url, "http:"):
		return before + ":80" + after
	}
	return url
}

// otherScheme swaps http and https.
func otherScheme(url string) string {
	if rest, ok := strings.CutPrefix(url, "https://"); ok {
		return "http://" + rest
	}
	if rest, ok := strings.CutPrefix(url, "http://"); ok {
		return "https://" + rest
	}
	return ""
}

// What is left as it is, beside letters and digits, by Node's querystring and
// by forms as Python, PHP and Go encode them.
const (
	nodeKeeps = "-_.!~*'()"
	formKeeps = "-_.~"
)

// encodeAgain parses a query and writes it again, in the same order.
func encodeAgain(query, keeps, space string) string {
	var b strings.Builder
	write := func(s string) {
		for i := range len(s) {
			switch c := s[i]; {
			case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(keeps, c) >= 0:
				b.WriteByte(c)
			case c == ' ':
				b.WriteString(space)
			default:
				writeEscape(&b, c)
			}
		}
	}
	for i, p := range parsePairs(query) {
		if i > 0 {
			b.WriteByte('&')
		}
		write(p.key)
		b.WriteByte('=')
		write(p.value)
	}
	return b.String()
}

// escapeSpecial escapes what a URL parser (WHATWG) escapes in a query, and
// leaves escapes that are there alone.
func escapeSpecial(query string) string {
	var b strings.Builder
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c >= 0x7F || strings.IndexByte(`"#<>'`, c) >= 0 {
			writeEscape(&b, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func writeEscape(b *strings.Builder, c byte) {
	const hex = "0123456789ABCDEF"
	b.Write([]byte{'%', hex[c>>4], hex[c&15]})
}
