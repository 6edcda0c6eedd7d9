package envelope

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Redact lists a request's headers as they are kept, sorted by name, values of
// one name in the order in which they came. The value of a credential
// (Authorization, Proxy-Authorization, Cookie, the headers in which keys are
// commonly sent, and those that are named) is replaced by its scheme, where it has one,
// and a keyed fingerprint: "Bearer fp:0123456789abcdef" tells two credentials
// apart and nothing else. Signatures stay.
func Redact(header http.Header, credentials []string, fingerprint func(value []byte) string) [][2]string {
	list := make([][2]string, 0, len(header))
	for name, values := range header {
		for _, value := range values {
			switch {
			case isAuthorization(name):
				value = redactScheme(value, fingerprint)
			case isKey(name) || slices.ContainsFunc(credentials, func(c string) bool { return strings.EqualFold(name, c) }):
				value = redact(value, fingerprint)
			}
			list = append(list, [2]string{name, value})
		}
	}
	slices.SortStableFunc(list, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return list
}

// RedactTarget is a request target as it is kept: the values of the named
// parameters of its query are replaced like those of headers.
func RedactTarget(target string, parameters []string, fingerprint func(value []byte) string) string {
	path, query, found := strings.Cut(target, "?")
	if !found || len(parameters) == 0 {
		return target
	}
	parts := strings.Split(query, "&")
	for i, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		plain, err := url.QueryUnescape(name)
		if err == nil && slices.Contains(parameters, plain) {
			parts[i] = name + "=" + redact(value, fingerprint)
		}
	}
	return path + "?" + strings.Join(parts, "&")
}

func isAuthorization(name string) bool {
	return strings.EqualFold(name, "Authorization") || strings.EqualFold(name, "Proxy-Authorization")
}

// isKey reports whether a header is one whose whole value is a secret by what
// people use it for. Records cannot be changed for years: a key that a producer
// sends without need must not lie there either.
func isKey(name string) bool {
	switch strings.ToLower(name) {
	case "cookie", "set-cookie", "x-api-key", "api-key", "apikey", "x-auth-token", "x-access-token", "x-auth-key",
		"x-amz-security-token", "x-goog-api-key", "x-gitlab-token", "x-telegram-bot-api-secret-token", "x-csrf-token",
		"x-webhook-secret", "x-vault-token":
		return true
	}
	return false
}

// redactScheme keeps the first word where it is known to be a scheme: any
// other may be the secret itself.
func redactScheme(value string, fingerprint func([]byte) string) string {
	scheme, credential, _ := strings.Cut(value, " ")
	switch strings.ToLower(scheme) {
	case "bearer", "basic", "digest", "token":
		return scheme + " " + redact(strings.TrimLeft(credential, " "), fingerprint)
	}
	return redact(value, fingerprint)
}

func redact(value string, fingerprint func([]byte) string) string {
	return "fp:" + fingerprint([]byte(value))
}
