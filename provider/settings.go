package provider

import (
	"crypto/ecdsa"
	"regexp"
)

// settings are one version of a provider_config. Which of them a provider has
// is in its table of fields.
type settings struct {
	Scheme           string `json:"scheme,omitempty"`
	ToleranceSeconds *int64 `json:"tolerance_seconds,omitempty"`

	PublicKey       string `json:"public_key,omitempty"`
	SigningKey      string `json:"signing_key,omitempty"`
	Secret          string `json:"secret,omitempty"`
	Username        string `json:"username,omitempty"`
	Password        string `json:"password,omitempty"`
	HeaderName      string `json:"header,omitempty"`
	HeaderValue     string `json:"value,omitempty"`
	AuthToken       string `json:"auth_token,omitempty"`
	AccountSID      string `json:"account_sid,omitempty"`
	AppSecret       string `json:"app_secret,omitempty"`
	VerifyToken     string `json:"verify_token,omitempty"`
	AccessToken     string `json:"access_token,omitempty"`
	SignatureSecret string `json:"signature_secret,omitempty"`
	Algorithm       string `json:"algorithm,omitempty"`

	TopicARNs       []string          `json:"topic_arns,omitempty"`
	RequireVersion2 bool              `json:"require_signature_version_2,omitempty"`
	Certificates    map[string]string `json:"certs,omitempty"` // PEM by URL

	TicketAddress   string `json:"ticket_address,omitempty"`
	TicketReference string `json:"ticket_reference,omitempty"`

	// What is made of them once, in prepare.
	ecdsaKey        *ecdsa.PublicKey
	ticketAddress   *regexp.Regexp
	ticketReference *regexp.Regexp
}

// secrets are the values that must not be shown.
func (s *settings) secrets() []string {
	return []string{s.SigningKey, s.Secret, s.Password, s.HeaderValue, s.AuthToken, s.AppSecret, s.VerifyToken, s.AccessToken, s.SignatureSecret}
}

// kind is what a field holds.
type kind int

const (
	text    kind = iota // a string
	secret              // a string that is not shown
	lines               // a string of several lines
	choice              // one of a few strings
	flag                // true or false
	seconds             // a whole number of seconds
	list                // strings
	texts               // strings by name
	pattern             // a regular expression with one group
)

// field is a key of a provider_config.
type field struct {
	name     string
	kind     kind
	required bool
	choices  []string
}

var toleranceField = field{name: "tolerance_seconds", kind: seconds}

// credentialFields are those of the providers that do not sign.
var credentialFields = []field{
	{name: "username", kind: text}, {name: "password", kind: secret},
	{name: "header", kind: text}, {name: "value", kind: secret},
}

// ticketFields are those of the providers of inbound email.
var ticketFields = []field{{name: "ticket_address", kind: pattern}, {name: "ticket_reference", kind: pattern}}
