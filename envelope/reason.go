package envelope

import (
	"errors"

	"posthorn/hook"
)

// Reason says in a word why a request was not found authentic: stable, for
// counting and for people who ask why their producer gets 401.
type Reason string

// The reasons.
const (
	ReasonMissing   Reason = "missing"   // no credential came
	ReasonMalformed Reason = "malformed" // what came cannot be one
	ReasonMismatch  Reason = "mismatch"  // it is not made with a secret in force
	ReasonStale     Reason = "stale"     // its signed timestamp is too far from now
	ReasonNoSecret  Reason = "no_secret" // the endpoint has no secret in force
	ReasonNoScheme  Reason = "no_scheme" // the endpoint has no way to check a request
)

// Error makes a reason the cause of the error that carries it.
func (r Reason) Error() string { return "envelope: " + string(r) }

// ReasonOf returns the reason in an error of Verify, or "".
func ReasonOf(err error) Reason {
	var r Reason
	errors.As(err, &r)
	return r
}

func unauthentic(r Reason, message string) error {
	return &hook.Error{Code: hook.CodeUnauthentic, Message: message, Err: r}
}
