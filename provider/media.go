package provider

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// Media is a file of a message: here already, or to be fetched.
type Media struct {
	Filename    string
	ContentType string
	ContentID   string
	Inline      bool   // shown within the text
	Content     []byte // of email; the others are to be fetched
	Email       bool   // whether Content counts, also when it is empty

	URL string // where it is
	ID  string // by which Meta gives the URL
}

// MarshalJSON is what an event says of it: never its content.
func (m Media) MarshalJSON() ([]byte, error) {
	o := map[string]any{}
	if m.Email {
		o["size"], o["inline"], o["filename"], o["content_type"] = len(m.Content), m.Inline, optional(m.Filename), m.ContentType
	}
	for name, value := range map[string]string{
		"filename": m.Filename, "content_type": m.ContentType, "content_id": m.ContentID, "url": m.URL, "id": m.ID,
	} {
		if value != "" {
			o[name] = value
		}
	}
	return json.Marshal(o)
}

// ErrNoMediaCredential says that media cannot be fetched for want of a
// credential in the provider_config. It is final.
var ErrNoMediaCredential = errors.New("the endpoint has no credential for the provider's media")

// Where credentials for media may go, and nowhere else.
const (
	twilioMedia = "api.twilio.com"
	graph       = "graph.facebook.com"
	graphAPI    = "https://" + graph + "/v23.0/"
)

// Address is where the file is to be fetched, "" where it is here already.
func (m Media) Address() string {
	if m.ID != "" && m.URL == "" {
		return graphAPI + url.PathEscape(m.ID)
	}
	return m.URL
}

// Source says how what an Address names is fetched: with these header fields.
// Where it is indirect, what comes is not the file but JSON, in which Locate
// finds the address of the file. Its error is ErrNoMediaCredential.
func (p *Provider) Source(c *Config, address string) (header http.Header, indirect bool, err error) {
	s := &settings{}
	if len(c.versions) > 0 {
		s = c.versions[0]
	}
	header = http.Header{}
	switch {
	case p == &meta && s.AccessToken == "":
		return nil, false, ErrNoMediaCredential
	case p == &meta && metaMedia(address):
		header.Set("Authorization", "Bearer "+s.AccessToken)
	case p.twilio() && s.AccountSID != "" && hostOf(address) == twilioMedia:
		pair := base64.StdEncoding.EncodeToString([]byte(s.AccountSID + ":" + s.AuthToken))
		header.Set("Authorization", "Basic "+pair)
	}
	return header, p == &meta && strings.HasPrefix(address, graphAPI), nil
}

// Redirects reports whether an address answers with a redirect to the file, which
// must be fetched from there without credentials.
func (p *Provider) Redirects(address string) bool {
	return p.twilio() && hostOf(address) == twilioMedia
}

// Locate reads the address of a file from Meta's answer to its ID. It needs
// the header of Source, too.
func Locate(answer []byte) (address string, err error) {
	o, ok := parseObject(answer)
	if address = o.text("url"); ok && metaMedia(address) && !strings.HasPrefix(address, graphAPI) {
		return address, nil
	}
	return "", errors.New("the answer of Meta names no place of the file")
}

func (p *Provider) twilio() bool { return p == &twilioSMS || p == &twilioWhatsApp }

// metaMedia reports whether a URL is one that may see Meta's access token.
func metaMedia(address string) bool {
	host := hostOf(address)
	return host == graph || host == "lookaside.fbsbx.com" || strings.HasSuffix(host, ".fbcdn.net") || strings.HasSuffix(host, ".whatsapp.net")
}

// hostOf is the host of an https URL with the standard port, "" for all else.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.User != nil {
		return ""
	}
	return u.Host
}
