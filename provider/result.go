package provider

import (
	"encoding/hex"
	"net/http"
	"strings"
)

// Outcome says what a callback is as a whole.
type Outcome string

// The outcomes.
const (
	OutcomeEvents       Outcome = "events"                    // understood; it may hold no event
	OutcomeIgnored      Outcome = "ignored"                   // authentic, and not understood
	OutcomeConfirmation Outcome = "subscription_confirmation" // GET Confirm once, when the callback is durable
	OutcomeChallenge    Outcome = "challenge"                 // Answer proves that we know the token
)

// Result is what a callback means.
type Result struct {
	Provider string
	Outcome  Outcome
	Events   []Event
	Ignored  []Ignored
	// DedupeKey is that of the callback as a whole: equal when it comes again.
	DedupeKey string
	Confirm   string // the URL of a confirmation, checked to be one of SNS
	Alert     string // for an operator, "" mostly
	Answer    Answer

	seen map[string]bool // dedup keys
}

// Ignored is a part of a callback that becomes no event.
type Ignored struct {
	RawStatus *string `json:"raw_status"`
	Reason    string  `json:"reason"`
	DedupeKey string  `json:"dedupe_key,omitempty"`
}

// Answer is the HTTP answer that the provider expects. Without a ContentType
// it has no body.
type Answer struct {
	Status      int
	ContentType string
	Body        string
}

// Why parts are ignored.
const (
	whyUnknown   = "unknown"
	whyTransient = "transient" // the provider still tries
	whyDuplicate = "duplicate"
	whyNoEvent   = "no event type"
	whyOther     = "not a delivery event"
	whyNoMessage = "not a message event"
)

func understood() Result { return Result{Outcome: OutcomeEvents} }

// unreadable is the result of an authentic callback that cannot be parsed.
func unreadable(reason string) Result {
	return Result{Outcome: OutcomeIgnored, Ignored: []Ignored{{Reason: reason}}}
}

// add keeps an event once: batches hold some twice.
func (r *Result) add(e Event) {
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	if r.seen[e.DedupeKey] {
		r.ignore(e.RawStatus, whyDuplicate)
		r.Ignored[len(r.Ignored)-1].DedupeKey = e.DedupeKey
		return
	}
	r.seen[e.DedupeKey] = true
	r.Events = append(r.Events, e)
}

func (r *Result) ignore(rawStatus, reason string) {
	r.Ignored = append(r.Ignored, Ignored{RawStatus: optional(strings.ToValidUTF8(rawStatus, "\uFFFD")), Reason: reason})
}

// finish fills in what all events have.
func (r *Result) finish(provider string, request *Request) {
	r.Provider = provider
	for i := range r.Events {
		r.Events[i].Provider, r.Events[i].Rank = provider, rank(r.Events[i].Type)
		r.Events[i].clean()
	}
	if r.DedupeKey == "" {
		digest := request.digest()
		r.DedupeKey = "sha256:" + hex.EncodeToString(digest[:])
	}
	if len(r.Events) == 1 || len(r.Events) == 2 && r.Events[1].Type == messageCreated {
		r.DedupeKey = r.Events[0].DedupeKey
	}
	if r.Answer.Status == 0 {
		r.Answer.Status = http.StatusOK
	}
}
