package provider

import (
	"errors"
	"net/http"
	"time"

	"posthorn/hook"
)

// Verdict says whether a callback is authentic. A refused one explains itself
// without holding any secret.
type Verdict struct {
	Accepted bool
	Scheme   string // how it was checked, such as twilio-sha1
	Key      int    // which version of the configuration fits: 0 the newest
	Replay   Replay // what to remember of an accepted one
	URL      string // the URL the check used, its user-info left out

	Reason  Reason // "" for an accepted one
	Message string // for people: what is wrong
	Signed  string // the string to sign as we saw it, at most maxSigned bytes
	Cause   string // for people: the likely cause and what to do; may be ""
	Answer  Answer // to a refused one
}

// Reason says in a word why a callback is refused; stable, for counting.
type Reason string

// The reasons.
const (
	ReasonMissing     Reason = "missing"       // no signature or credential came
	ReasonMalformed   Reason = "malformed"     // what came cannot be one
	ReasonMismatch    Reason = "mismatch"      // it is not made with a secret in force, over these bytes and this URL
	ReasonNoSecret    Reason = "no_secret"     // nothing in force to check it with
	ReasonStale       Reason = "stale"         // its time is too far from now
	ReasonAlgorithm   Reason = "algorithm"     // a way to sign that is not accepted
	ReasonIssuer      Reason = "issuer"        // a token made for somebody else
	ReasonWrongURL    Reason = "wrong_url"     // signed for another URL
	ReasonBodyHash    Reason = "body_hash"     // the body is not the one that was signed
	ReasonUnsigned    Reason = "unsigned"      // it has content that its scheme does not sign
	ReasonTopic       Reason = "topic"         // an SNS topic that is not on the list
	ReasonCertificate Reason = "certificate"   // a certificate that cannot be trusted
	ReasonSubscribe   Reason = "subscribe_url" // a confirmation that leads elsewhere
	ReasonVerifyToken Reason = "verify_token"  // Meta's challenge with another token
	ReasonUnavailable Reason = "unavailable"   // it could not be checked now; not the sender's fault
	ReasonReplayed    Reason = "replayed"      // for callers: Replay.Unsigned and another Digest
)

// Replay is what a caller remembers of an accepted callback, once it is
// durable. What comes again under Key with the same Digest is a duplicate:
// answer as before, publish nothing. With another Digest it is a duplicate too
// where the content is signed, and a forgery (ReasonReplayed) where not.
type Replay struct {
	Key      string    // unique within the endpoint; "" where the scheme has none
	Digest   [32]byte  // SHA-256 of the query and the body
	Unsigned bool      // the scheme does not sign the content
	Until    time.Time // when it can be forgotten; zero: when the secret is replaced
}

// maxSigned bounds Verdict.Signed.
const maxSigned = 4 << 10 // bytes

// refusal is the error of a check.
type refusal struct {
	reason  Reason
	message string
	signed  string
	cause   string
	answer  Answer
}

func (e *refusal) Error() string { return "provider: " + string(e.reason) + ": " + e.message }

func refuse(reason Reason, message string) *refusal {
	return &refusal{reason: reason, message: message}
}

// mismatch is the refusal of a signature that was made otherwise.
func mismatch(signed string) *refusal {
	return &refusal{
		reason: ReasonMismatch, signed: signed,
		message: "the signature does not match: it was made with another secret, or over other bytes or another URL",
		cause:   "the secret at the provider is another one, or a proxy in front of Posthorn changes the body or the URL",
	}
}

func reasonOf(err error) Reason {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.reason
	}
	return ReasonUnavailable
}

func (p *Provider) refusal(r *Request, a *attempt, err error) Verdict {
	why, ok := errors.AsType[*refusal](err)
	if !ok {
		why = refuse(ReasonUnavailable, "it could not be checked right now")
	}
	v := Verdict{Reason: why.reason, Message: why.message, Signed: why.signed, Cause: why.cause, Answer: why.answer, URL: r.shownURL()}
	if a != nil {
		v.Scheme = a.scheme
		v.Signed = a.redact(v.Signed)
		v.Cause = firstOf(p.likely(a, v.Reason), v.Cause)
	}
	v.Cause = firstOf(v.Cause, causes[v.Reason])
	if v.Answer.Status == 0 {
		v.Answer.Status = v.Reason.status()
	}
	return v
}

// Err is the verdict as the domain's error, nil for an accepted callback.
func (v Verdict) Err() error {
	switch {
	case v.Accepted:
		return nil
	case v.Answer.Status == http.StatusServiceUnavailable:
		return hook.Unavailable(errors.New(v.Message))
	case v.Answer.Status == http.StatusForbidden:
		return &hook.Error{Code: hook.CodeForbidden, Message: v.Message}
	}
	return &hook.Error{Code: hook.CodeUnauthentic, Message: v.Message}
}
