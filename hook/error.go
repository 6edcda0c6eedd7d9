package hook

import (
	"errors"
	"strings"
)

// Code says what kind of error it is; the edge turns it into a status.
type Code string

// The codes, each with the HTTP status that the API gives it.
const (
	CodeInvalid     Code = "invalid"      // 422
	CodeMalformed   Code = "malformed"    // 400
	CodeUnauthentic Code = "unauthorized" // 401
	CodeForbidden   Code = "forbidden"    // 403
	CodeNotFound    Code = "not-found"    // 404
	CodeConflict    Code = "conflict"     // 409
	CodeTooLarge    Code = "too-large"    // 413
	CodeUnsupported Code = "unsupported"  // 415
	CodeUnavailable Code = "unavailable"  // 503, with Retry-After
)

// Error is an error whose message people outside may read. Every other error
// is an internal one and is told to nobody but the log.
type Error struct {
	Code    Code
	Message string
	Fields  []FieldError
	Err     error // the cause, for the log only
}

// FieldError names one bad field of a request.
type FieldError struct {
	Pointer string `json:"pointer" doc:"JSON pointer (RFC 6901) to the field"`
	Message string `json:"message" doc:"what is wrong with it and what would be right"`
}

func (e *Error) Error() string {
	if len(e.Fields) == 0 {
		return e.Message
	}
	parts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		parts[i] = f.Pointer + ": " + f.Message
	}
	return e.Message + " (" + strings.Join(parts, "; ") + ")"
}

func (e *Error) Unwrap() error { return e.Err }

// Invalid is a request that is understood and wrong.
func Invalid(message string, fields ...FieldError) *Error {
	return &Error{Code: CodeInvalid, Message: message, Fields: fields}
}

// NotFound says that there is no such thing for this tenant.
func NotFound(what string) *Error {
	return &Error{Code: CodeNotFound, Message: "there is no such " + what}
}

// Conflict is a request that the state of things does not allow.
func Conflict(message string) *Error {
	return &Error{Code: CodeConflict, Message: message}
}

// Unavailable is a fault of ours that is safe to retry.
func Unavailable(err error) *Error {
	return &Error{Code: CodeUnavailable, Message: "the service cannot do this right now; retry", Err: err}
}

// CodeOf returns the code of the first Error in err's chain, or "".
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// fields collects field errors.
type fields []FieldError

func (f *fields) add(pointer, message string) {
	*f = append(*f, FieldError{Pointer: pointer, Message: message})
}

func (f fields) err(message string) error {
	if len(f) == 0 {
		return nil
	}
	return Invalid(message, f...)
}
