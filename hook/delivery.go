package hook

import (
	"net/http"
	"time"
)

// DeliveryStatus is a state of the delivery state machine:
//
//	pending ──▶ delivered | failed | cancelled
//	   ▲ │
//	   │ ▼
//	  held ───▶ cancelled
//
// A resend takes a failed or cancelled delivery back to pending; what was
// delivered stays delivered.
type DeliveryStatus string

// The states of a delivery.
const (
	DeliveryPending   DeliveryStatus = "pending"
	DeliveryHeld      DeliveryStatus = "held"
	DeliveryDelivered DeliveryStatus = "delivered"
	DeliveryFailed    DeliveryStatus = "failed"
	DeliveryCancelled DeliveryStatus = "cancelled"
)

// Delivery is one event on its way to one webhook.
type Delivery struct {
	ID            ID
	TenantID      ID
	EventID       ID
	WebhookID     ID
	Status        DeliveryStatus
	Test          bool
	Format        Format // of the body, fixed when the delivery is recorded
	Transform     string // of the data, CEL, fixed likewise; "" for none
	Run           int    // of the workflow that carries it
	AttemptCount  int
	NextAttemptAt time.Time // zero when none is planned

	Dispatch       ID   // the dispatch run that made the last attempt of its run; zero: a workflow of its own
	AttemptsBefore int  // those that were made before its schedule began anew
	Due            bool // something is still to be done

	Ordered  bool   // it goes in order with those of its webhook and key
	OrderKey string // "" where the key could not be told
	Turn     Turn
	Waits    bool // behind another one, or for a place among its webhook's attempts in flight

	CreatedAt time.Time
	UpdatedAt time.Time
}

// ErrorClass says why an attempt failed.
type ErrorClass string

// The classes of failure; "" is success.
const (
	ErrorNone     ErrorClass = ""
	ErrorStatus   ErrorClass = "http_status"     // the answer was not 2xx
	ErrorRedirect ErrorClass = "redirect"        // the answer was a redirect; none is followed
	ErrorTimeout  ErrorClass = "timeout"         // the whole attempt took too long
	ErrorDNS      ErrorClass = "dns"             // the name does not resolve
	ErrorRefused  ErrorClass = "refused_address" // the address is one that is never dialled
	ErrorConnect  ErrorClass = "connect"         // no connection
	ErrorTLS      ErrorClass = "tls"             // no trusted connection
	ErrorNetwork  ErrorClass = "network"         // the connection broke
	ErrorInternal ErrorClass = "internal"        // a fault of ours

	ErrorTransform ErrorClass = "transform" // the webhook's transform failed: nothing was sent
)

// MaxResponseBody is how much of a response body is recorded, in bytes.
const MaxResponseBody = 4096

// Attempt is one request of a delivery.
type Attempt struct {
	DeliveryID     ID
	Number         int // from 1
	StartedAt      time.Time
	Duration       time.Duration
	StatusCode     int // 0 where there was no answer
	Error          ErrorClass
	ErrorDetail    string
	ResponseHeader [][2]string
	ResponseBody   []byte        // the first MaxResponseBody bytes
	RetryAfter     time.Duration // what a 429 or 503 asked for
	Generation     int           // of the webhook when it started
	Place          bool          // it had one of its webhook's places in flight
	Phases         Phases
}

// Succeeded reports whether the receiver answered 2xx.
func (a *Attempt) Succeeded() bool { return a.Error == ErrorNone }

// Gone reports whether the receiver said that it is there no more: nothing is
// sent to it again until somebody enables its webhook.
func (a *Attempt) Gone() bool { return a.StatusCode == http.StatusGone }

// MaxRetryAfter bounds how far a receiver can put off its next attempt.
const MaxRetryAfter = 24 * time.Hour

// Outcome is what follows from an attempt.
type Outcome struct {
	Status DeliveryStatus // delivered, failed, or pending with a Wait
	Wait   time.Duration  // until the next attempt
}

// After decides what follows from attempt number n of a delivery by a retry
// policy (seconds between attempts). Retry-After can lengthen a wait, never
// shorten it.
func After(a *Attempt, n int, policy []int) Outcome {
	if a.Succeeded() {
		return Outcome{Status: DeliveryDelivered}
	}
	if n > len(policy) || a.Error == ErrorTransform { // which would fail again
		return Outcome{Status: DeliveryFailed}
	}
	wait := time.Duration(policy[n-1]) * time.Second
	return Outcome{Status: DeliveryPending, Wait: max(wait, min(a.RetryAfter, MaxRetryAfter))}
}
