package api

import (
	"errors"
	"net/http"
	"strings"

	"posthorn/provider"
	"posthorn/store"
)

// refusedCallback is a callback that was not found authentic.
type refusedCallback struct {
	provider string
	verdict  provider.Verdict
}

func (r *refusedCallback) Error() string { return r.verdict.Message }
func (r *refusedCallback) Unwrap() error { return r.verdict.Err() }

func (came *callback) replayed() error {
	v := came.verdict
	v.Accepted, v.Reason, v.Answer = false, provider.ReasonReplayed, provider.Answer{Status: http.StatusUnauthorized}
	v.Message = "its nonce came before with another content"
	v.Cause = "somebody sent a callback again and changed what its signature does not cover"
	return &refusedCallback{provider: came.provider.Name, verdict: v}
}

func (r *refusedCallback) explanation() *store.Explanation {
	v := &r.verdict
	return &store.Explanation{
		Provider: r.provider, Scheme: v.Scheme, Reason: string(v.Reason), Message: v.Message, Signed: v.Signed, URL: v.URL, Cause: v.Cause,
	}
}

// asCallback is the problem as a provider is told of it: one that would give
// up after a 4xx comes again after 503.
func (p *problem) asCallback(err error) {
	refused, ok := errors.AsType[*refusedCallback](err)
	switch {
	case ok:
		p.Status, p.Detail = refused.verdict.Answer.Status, refused.verdict.Message
	case errors.Is(err, errDisabled), errors.Is(err, errRate):
		p.Status = http.StatusServiceUnavailable
	}
}

// refusedByRule tells a request that is refused as it should be from a fault
// of ours, also where both are answered 503.
func refusedByRule(err error) bool {
	_, callback := errors.AsType[*refusedCallback](err)
	return callback || errors.Is(err, errDisabled) || errors.Is(err, errRate)
}

// challengeOf is the scheme that a client is asked for (RFC 9110, section 11.6.1).
func challengeOf(err error) string {
	if refused, ok := errors.AsType[*refusedCallback](err); ok && strings.HasPrefix(refused.verdict.Scheme, "basic") {
		return "Basic"
	}
	return "Bearer"
}
