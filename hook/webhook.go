package hook

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Format chooses the body that a webhook receives.
type Format string

// The formats, each after the system whose receivers expect it.
const (
	FormatStandard Format = "standard" // Standard Webhooks
	FormatPlatform Format = "platform" // seed 004
)

// Limits and defaults of webhooks.
const (
	MaxWebhookName = 200  // characters
	MaxURL         = 2000 // characters
	MaxPatterns    = 50
	MaxRetries     = 10
	MaxRetryWait   = 7 * 24 * 3600 // seconds
	MinSecret      = 16            // characters
	MaxSecret      = 500
	MaxHeaders     = 50
	MaxTimeout     = 60 * time.Second
)

// Disabled says why a webhook is not active.
const (
	DisabledByHand = "manual"
)

// Webhook is a subscription: where events of some types are delivered, how.
type Webhook struct {
	ID           ID
	TenantID     ID
	Name         string
	URL          string
	Events       []string // types, topics or patterns
	Keys         []Key    // newest first; none: deliveries are not signed
	Headers      map[string]string
	Active       bool
	Format       Format
	RetryPolicy  []int // seconds between attempts
	DisableAfter int   // consecutive failures
	Timeout      time.Duration

	ConsecutiveFailures int
	Generation          int // raised whenever it is disabled or enabled
	DisabledReason      string
	CreatedAt           time.Time
	UpdatedAt           time.Time
}

// DefaultRetryPolicy is the schedule of a format, in seconds.
func (f Format) DefaultRetryPolicy() []int { return []int{1, 5, 30, 300, 1800, 7200} }

// DefaultTimeout bounds one attempt of a format, from DNS to the last byte.
func (f Format) DefaultTimeout() time.Duration { return 10 * time.Second }

// DefaultDisableAfter is the number of consecutive failures that disables.
func (f Format) DefaultDisableAfter() int { return 10 }

// Formats lists every format.
func Formats() []Format { return []Format{FormatStandard, FormatPlatform} }

// reserved are the headers that Posthorn or HTTP sets itself.
var reserved = map[string]bool{
	"content-type": true, "user-agent": true, "x-webhook-event": true, "x-webhook-delivery": true,
	"x-webhook-signature": true, "webhook-id": true, "webhook-timestamp": true, "webhook-signature": true,
	"x-sendcomms-signature": true, "commenda-x-secret": true,
	"host": true, "content-length": true, "transfer-encoding": true, "connection": true,
}

// Validate checks what a user may set and names every bad field. checkURL
// refuses addresses by their text.
func (w *Webhook) Validate(checkURL func(string) error) error {
	var bad fields
	if n := len([]rune(w.Name)); n < 1 || n > MaxWebhookName {
		bad.add("/name", "must have 1 to 200 characters")
	}
	w.validateURL(&bad, checkURL)
	if len(w.Events) < 1 || len(w.Events) > MaxPatterns {
		bad.add("/events", "must have 1 to 50 items")
	}
	for i, pattern := range w.Events {
		if !ValidPattern(pattern) {
			bad.add("/events/"+strconv.Itoa(i), `must be an event type, a topic, or a pattern that ends in "*"`)
		}
	}
	for _, k := range w.Keys {
		if n := len([]rune(k.Secret.Reveal())); n < MinSecret || n > MaxSecret {
			bad.add("/secret", "must have 16 to 500 characters")
		}
	}
	validateHeaders(w.Headers, &bad)
	w.validateDelivery(&bad)
	return bad.err("the webhook is not valid")
}

func (w *Webhook) validateURL(bad *fields, checkURL func(string) error) {
	if len(w.URL) > MaxURL {
		bad.add("/url", "must have at most 2000 characters")
		return
	}
	if err := checkURL(w.URL); err != nil {
		bad.add("/url", err.Error())
	}
}

func validateHeaders(headers map[string]string, bad *fields) {
	if len(headers) > MaxHeaders {
		bad.add("/headers", "must have at most 50 items")
	}
	for name, value := range headers {
		pointer := "/headers/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		switch {
		case !isToken(name):
			bad.add(pointer, "must be the name of an HTTP header")
		case reserved[strings.ToLower(name)]:
			bad.add(pointer, "is set by Posthorn and cannot be changed")
		case strings.ContainsAny(value, "\r\n\x00") || len(value) > 4096:
			bad.add(pointer, "must be at most 4096 bytes without CR, LF or NUL")
		}
	}
}

func (w *Webhook) validateDelivery(bad *fields) {
	switch w.Format {
	case FormatStandard, FormatPlatform:
	default:
		bad.add("/format", `must be "standard" or "platform"`)
	}
	if len(w.RetryPolicy) > MaxRetries {
		bad.add("/retry_policy", "must have at most 10 items")
	}
	for i, seconds := range w.RetryPolicy {
		if seconds < 0 || seconds > MaxRetryWait {
			bad.add("/retry_policy/"+strconv.Itoa(i), "must be 0 to 604800 seconds")
		}
	}
	if w.DisableAfter < 1 || w.DisableAfter > 10_000 {
		bad.add("/disable_after", "must be 1 to 10000")
	}
	if w.Timeout < 100*time.Millisecond || w.Timeout > MaxTimeout {
		bad.add("/timeout", "must be between 100 milliseconds and 60 seconds")
	}
}

// DefaultName is the name of a webhook that was given none: its URL's host.
func DefaultName(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		return "webhook"
	}
	return u.Host[:min(len(u.Host), MaxWebhookName)]
}
