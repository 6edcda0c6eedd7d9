package client

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Sender sends messages to one inbound endpoint. It needs the endpoint's
// secret and no API key. Its methods may be called at the same time.
type Sender struct {
	url    string
	secret string
	sign   *Signature // nil: bearer
	caller
}

// NewSender returns a sender to an endpoint that takes bearer secrets.
func NewSender(endpointURL, secret string, options ...Option) *Sender {
	return &Sender{url: endpointURL, secret: secret, caller: newCaller(options)}
}

// NewSigningSender returns a sender to an endpoint that takes HMACs. The zero
// Signature is the endpoints' default: hex in X-Comma-Signature.
func NewSigningSender(endpointURL, secret string, s Signature, options ...Option) *Sender {
	if s.Header == "" {
		s.Header = "X-Comma-Signature"
	}
	return &Sender{url: endpointURL, secret: secret, sign: &s, caller: newCaller(options)}
}

// Sender returns a sender to an endpoint, in the way that it authenticates.
func (e *Endpoint) Sender(secret string, options ...Option) *Sender {
	if e.Auth == AuthHMAC && e.Signature != nil {
		return NewSigningSender(e.URL, secret, *e.Signature, options...)
	}
	return NewSender(e.URL, secret, options...)
}

// NewMessage is a message to send.
type NewMessage struct {
	ExternalID  string // the sender's own, 1 to 255 characters: a repeat is a duplicate
	OccurredAt  time.Time
	From        Party
	To          []Party // one at least
	Body        string
	Attachments []NewAttachment
	// Fields are additional fields beside the ones above, which they cannot
	// replace.
	Fields map[string]any
}

// NewAttachment is a file of a message: its content, or the URL that the
// gateway fetches it from.
type NewAttachment struct {
	Filename    string
	ContentType string
	Content     []byte // where URL is ""
	URL         string
	SHA256      string // hex, which the content at URL must have; "" where it is not known
}

// MarshalJSON writes the form that endpoints take.
func (m NewMessage) MarshalJSON() ([]byte, error) {
	form := map[string]any{}
	maps.Copy(form, m.Fields)
	form["external_id"], form["from"], form["to"], form["body"] = m.ExternalID, m.From, m.To, m.Body
	form["occurred_at"] = m.OccurredAt.UTC().Format(time.RFC3339Nano)
	form["attachments"] = append([]NewAttachment{}, m.Attachments...)
	return json.Marshal(form)
}

// MarshalJSON writes the form that endpoints take.
func (a NewAttachment) MarshalJSON() ([]byte, error) {
	form := map[string]any{}
	if a.URL == "" {
		form["content"] = base64.StdEncoding.EncodeToString(a.Content)
	} else {
		form["url"] = a.URL
	}
	for name, value := range map[string]string{"filename": a.Filename, "content_type": a.ContentType, "sha256": a.SHA256} {
		if value != "" {
			form[name] = value
		}
	}
	return json.Marshal(form)
}

// Accepted says what became of a message that was sent.
type Accepted struct {
	ID         string    `json:"id"` // the first message's, for a duplicate
	ExternalID string    `json:"external_id"`
	Duplicate  bool      `json:"duplicate"`
	Status     string    `json:"status"`
	SHA256     string    `json:"sha256"` // of the body as received, hex
	ReceivedAt time.Time `json:"received_at"`
	Receipt    *Receipt  `json:"receipt,omitempty"` // where it was waited for and came in time
}

// Receipt says where in WORM storage a message lies, and until when it must.
type Receipt struct {
	Location
	SHA256      string    `json:"sha256"` // of the body as received, hex
	RetainUntil time.Time `json:"retain_until"`
}

// SendOption changes how one request is sent.
type SendOption func(http.Header)

// Wait asks to hold the answer until the message is in WORM storage, at most
// for d, in whole seconds up to 30. Where that is too short the message is
// accepted as without it.
func Wait(d time.Duration) SendOption {
	return func(h http.Header) { h.Set("Prefer", "wait="+strconv.Itoa(int(d/time.Second))) }
}

// Send sends a message. When it returns without an error the message is
// durable. It is safe to repeat: the external id makes a repeat a duplicate.
func (s *Sender) Send(ctx context.Context, m NewMessage, options ...SendOption) (Accepted, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return Accepted{}, fmt.Errorf("client: %w", err)
	}
	return s.SendRaw(ctx, body, options...)
}

// SendRaw sends a message that is JSON already, byte for byte.
func (s *Sender) SendRaw(ctx context.Context, body []byte, options ...SendOption) (Accepted, error) {
	response, err := s.post(ctx, s.url, "application/json", body, options)
	if err != nil {
		return Accepted{}, err
	}
	defer response.Body.Close()
	var a answer[Accepted]
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
		return Accepted{}, fmt.Errorf("client: the endpoint's answer: %w", err)
	}
	return a.Data, nil
}

// post authenticates a request as the endpoint wants it.
func (s *Sender) post(ctx context.Context, url, contentType string, body []byte, options []SendOption) (*http.Response, error) {
	header := http.Header{"Content-Type": {contentType}}
	if s.sign == nil {
		header.Set("Authorization", "Bearer "+s.secret)
	} else {
		s.sign.authenticate(header, s.secret, body, time.Now())
	}
	for _, option := range options {
		option(header)
	}
	return s.do(ctx, http.MethodPost, url, header, body)
}

// authenticate adds the headers that a body is signed by.
func (s *Signature) authenticate(header http.Header, secret string, body []byte, now time.Time) {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	before, after := "", ""
	if template := strings.ReplaceAll(s.Signed, "{timestamp}", timestamp); template != "" {
		before, after, _ = strings.Cut(template, "{body}")
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(before))
	mac.Write(body)
	mac.Write([]byte(after))
	value := hex.EncodeToString(mac.Sum(nil))
	if s.Encoding == "base64" {
		value = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	value = s.Prefix + value
	if s.Element != "" {
		value = s.Element + "=" + value
	}
	if s.TimestampElement != "" {
		value = s.TimestampElement + "=" + timestamp + "," + value
	}
	header.Set(s.Header, value)
	if s.TimestampHeader != "" {
		header.Set(s.TimestampHeader, timestamp)
	}
}
