package hook

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits and defaults of webhooks.
const (
	MaxName      = 200  // characters, of an endpoint too
	MaxURL       = 2000 // characters
	MaxPatterns  = 50
	MaxRetries   = 10
	MaxRetryWait = 7 * 24 * 3600 // seconds
	MinSecret    = 16            // characters
	MaxSecret    = 500
	MaxHeaders   = 50
	MaxHeader    = 4096 // bytes of a value
	MaxTimeout   = 60 * time.Second
	MaxSurveyID  = 200 // characters
	MaxOfSurvey  = 10  // webhooks of one survey
	MaxRate      = 10_000
	MaxParallel  = 1000
)

// Disabled says why a webhook is not active.
const (
	DisabledByHand     = "manual"
	DisabledByFailures = "failures" // too many attempts failed in a row
	DisabledGone       = "gone"     // it answered 410
)

// Webhook is a subscription: where events of some types are delivered, how.
type Webhook struct {
	ID           ID
	TenantID     ID
	Name         string
	URL          string
	Events       []string // types, topics or patterns
	Keys         []Key    // secrets, newest first; none: no HMAC signs deliveries
	SigningKeys  []Key    // ed25519, private halves, newest first; likewise
	Headers      map[string]string
	Active       bool
	Format       Format
	RetryPolicy  []int // seconds between attempts
	DisableAfter int   // consecutive failures
	Timeout      time.Duration
	SurveyID     string // "": of any, or of none; else only events with this data.surveyId

	// Expressions in CEL; "" for none.
	Filter           string // whether an event is delivered
	Transform        string // what is sent as its data
	OrderedBy        string // what is kept in order
	OrderedOnFailure OnFailure

	RateLimit   int // attempts per second; 0: not bounded
	MaxInFlight int // attempts at the same time; 0: not bounded

	ConsecutiveFailures int
	Generation          int // raised whenever it is disabled or enabled
	DisabledReason      string
	FilterError         *FilterError // the last one; nil: there was none
	OrderError          *OrderError  // likewise
	CreatedAt           time.Time
	UpdatedAt           time.Time
}

// Subscribes reports whether the webhook's events name a type.
func (w *Webhook) Subscribes(eventType string) bool {
	return slices.ContainsFunc(Patterns(eventType), func(p string) bool { return slices.Contains(w.Events, p) })
}

// Limited reports whether the webhook bounds how fast it is sent to.
func (w *Webhook) Limited() bool { return w.RateLimit > 0 || w.MaxInFlight > 0 }

// RateBurst is how many attempts a webhook gets at once that got none for a
// while: as many as in a second, and one.
func RateBurst(rate int) int { return rate + 1 }

// OnFailure says what a failed delivery does to those behind it.
type OnFailure string

// Those behind it wait, or go ahead.
const (
	OnFailureHold OnFailure = "hold"
	OnFailureSkip OnFailure = "skip"
)

// FilterError is an event of which a filter could not decide whether it
// matches: it was not delivered.
type FilterError struct {
	EventID ID
	Message string
	At      time.Time
}

// Validate checks what a user may set and names every bad field. checkURL
// refuses addresses by their text.
func (w *Webhook) Validate(checkURL func(string) error) error {
	var bad fields
	validateName(w.Name, &bad)
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
	w.validateChoice(&bad)
	w.validateDelivery(&bad)
	return bad.err("the webhook is not valid")
}

func validateName(name string, bad *fields) {
	if n := utf8.RuneCountInString(name); n < 1 || n > MaxName || strings.ContainsFunc(name, unicode.IsControl) {
		bad.add("/name", "must have 1 to 200 characters, no control characters")
	}
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

func (w *Webhook) validateDelivery(bad *fields) {
	if !slices.Contains(Formats(), w.Format) {
		bad.add("/format", `must be "standard", "platform", "sendcomms", "inboxcomponents" or "commenda"`)
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
	if w.RateLimit < 0 || w.RateLimit > MaxRate {
		bad.add("/rate_limit", "must be 1 to 10000 attempts per second, or 0 or null for no bound")
	}
	if w.MaxInFlight < 0 || w.MaxInFlight > MaxParallel {
		bad.add("/max_in_flight", "must be 1 to 1000 attempts, or 0 or null for no bound")
	}
	if w.Timeout < 100*time.Millisecond || w.Timeout > MaxTimeout {
		bad.add("/timeout", "must be between 100 milliseconds and 60 seconds")
	}
}

func (w *Webhook) validateChoice(bad *fields) {
	if utf8.RuneCountInString(w.SurveyID) > MaxSurveyID || strings.ContainsFunc(w.SurveyID, unicode.IsControl) {
		bad.add("/survey_id", "must have at most 200 characters, no control characters")
	}
	switch {
	case w.OrderedBy == "" && w.OrderedOnFailure != "":
		bad.add("/ordered_on_failure", "means something only beside ordered_by")
	case w.OrderedBy != "" && w.OrderedOnFailure != OnFailureHold && w.OrderedOnFailure != OnFailureSkip:
		bad.add("/ordered_on_failure", `must be "hold" or "skip"`)
	}
}

// DefaultName is the name of a webhook that was given none: its URL's host.
func DefaultName(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		return "webhook"
	}
	return u.Host[:min(len(u.Host), MaxName)]
}
