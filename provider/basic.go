package provider

import (
	"encoding/base64"
	"net/textproto"
	"strings"
)

// The schemes of those that do not sign.
const (
	basicAuth    = "basic-auth"
	staticHeader = "static-header"
)

// checkCredentials wants a user with a password, or a header with its value.
func checkCredentials(s *settings, bad *problems) {
	switch {
	case (s.Username == "") != (s.Password == ""):
		bad.add(missingOf(s.Username == "", "username", "password"), "username and password go together")
	case (s.HeaderName == "") != (s.HeaderValue == ""):
		bad.add(missingOf(s.HeaderName == "", "header", "value"), "header and value go together")
	case s.Username == "" && s.HeaderName == "":
		bad.add("", "needs username and password, or header and value")
	case s.Username != "" && s.HeaderName != "":
		bad.add("", "takes username and password, or header and value, not both")
	case strings.Contains(s.Username, ":"):
		bad.add("username", "must not contain a colon: RFC 7617 ends the name there")
	case s.Scheme == basicAuth && s.Username == "" || s.Scheme == staticHeader && s.HeaderName == "":
		bad.add("scheme", "is not the one of the credentials beside it")
	case s.HeaderName != "" && !isHeaderName(s.HeaderName):
		bad.add("header", "must be the name of an HTTP header")
	}
}

func missingOf(first bool, one, other string) string {
	if first {
		return one
	}
	return other
}

func isHeaderName(name string) bool {
	return name != "" && strings.Trim(textproto.CanonicalMIMEHeaderKey(name),
		"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == ""
}

// verifyCredentials is the check of providers that do not sign.
func verifyCredentials(a *attempt) (Replay, error) {
	if a.HeaderName != "" {
		return Replay{}, verifyHeader(a)
	}
	return Replay{}, verifyBasic(a)
}

func verifyHeader(a *attempt) error {
	a.scheme = staticHeader
	if a.HeaderValue == "" {
		return noSecret("value")
	}
	given, err := a.header(a.HeaderName)
	if err != nil {
		return err
	}
	if !same(given, a.HeaderValue) {
		return wrongCredentials("the " + a.HeaderName + " header does not have the agreed value")
	}
	return nil
}

// verifyBasic checks RFC 7617's credentials; a password may hold colons.
func verifyBasic(a *attempt) error {
	a.scheme = basicAuth
	if a.Username == "" || a.Password == "" {
		return noSecret("username and password")
	}
	value, err := a.header("Authorization")
	if err != nil {
		return err
	}
	scheme, encoded, _ := strings.Cut(value, " ")
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if !strings.EqualFold(scheme, "Basic") || err != nil {
		return refuse(ReasonMalformed, "the Authorization header does not hold Basic credentials")
	}
	if !same(string(decoded), a.Username+":"+a.Password) {
		return wrongCredentials("the user name or the password is wrong")
	}
	return nil
}

func wrongCredentials(message string) *refusal {
	why := refuse(ReasonMismatch, message)
	why.cause = "the credentials in the provider's console are not those of this endpoint"
	return why
}

func noSecret(name string) *refusal {
	return refuse(ReasonNoSecret, "the endpoint has no "+name+": nothing can be verified without")
}
