package api

import (
	"context"
	"crypto/sha256"
	"net/http"

	"posthorn/envelope"
	"posthorn/hook"
	"posthorn/provider"
)

// stored is the request as it is kept.
func (came *callback) stored(fingerprint func([]byte) string) hook.Request {
	headers, parameters := came.provider.Credentials(came.config)
	r := came.request
	r.Target, r.Header = envelope.RedactTarget(r.Target, parameters, fingerprint), envelope.Redact(came.header, headers, fingerprint)
	return r
}

// kept is the request as it is kept where it is refused.
func (came *callback) kept(fingerprint func([]byte) string) *hook.Kept {
	return &hook.Kept{
		Kind: hook.KeptUnverified, Request: came.stored(fingerprint), Raw: came.raw,
		Came: &hook.Came{Target: came.request.Target, Header: came.header},
	}
}

// readCallback makes a message of a verified callback. What it means is read
// from the request as it is kept, so that it means the same later.
func (s *server) readCallback(ctx context.Context, came *callback, body []byte) (*hook.Message, provider.Result, error) {
	if weight := int64(len(body)); weight > largeBody {
		weight = min(largeParsers, 1+weight/hook.MaxBody)
		if err := s.parsing.Acquire(ctx, weight); err != nil {
			return nil, provider.Result{}, hook.Unavailable(err)
		}
		defer s.parsing.Release(weight)
	}
	v, e := &came.verdict, came.endpoint
	m := &hook.Message{
		ID: came.id, TenantID: e.TenantID, EndpointID: e.ID, Raw: came.raw, SHA256: sha256.Sum256(came.raw),
		Verdict: hook.Verdict{Scheme: v.Scheme, Key: v.Key}, Origin: came.provider.Origin(came.config), Request: came.stored(s.Fingerprint),
	}
	if v.Replay.Key != "" {
		m.Nonce = &hook.Nonce{Key: v.Replay.Key, Digest: v.Replay.Digest, Until: v.Replay.Until}
	}
	result, err := provider.Read(&m.Request, m.Origin, body)
	if err != nil {
		return nil, result, err
	}
	// As with any message, the rest is read again when it is archived.
	payload := result.Payload(hook.IDTime(m.ID))
	m.Payload = hook.Payload{ExternalID: payload.ExternalID, OccurredAt: payload.OccurredAt}
	return m, result, nil
}

// decodeCallback undoes the Content-Encoding. What cannot be read is a message
// all the same: it is authentic, and would not come better another time.
func (s *server) decodeCallback(ctx context.Context, a *arrival, header http.Header, limit int64) ([]byte, error) {
	coding, err := hook.ParseCoding(header.Values("Content-Encoding"))
	body := a.raw.bytes
	if err == nil {
		body, err = s.decode(ctx, coding, a.raw.bytes, limit, &a.decoded)
	}
	if code := hook.CodeOf(err); code == hook.CodeMalformed || code == hook.CodeUnsupported {
		return a.raw.bytes, nil
	}
	return body, err
}
