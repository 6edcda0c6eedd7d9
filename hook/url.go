package hook

import "net/url"

// PlainURL is a URL without what may be secret in it: user, query, fragment.
func PlainURL(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "an unreadable URL"
	}
	u.RawQuery, u.Fragment, u.User = "", "", nil
	return u.String()
}
