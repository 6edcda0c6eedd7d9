package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"posthorn/crash"
	"posthorn/hook"
	"posthorn/mapping"
	"posthorn/store"
)

// What is larger, in bytes, is parsed a few at a time: what parsing takes
// beside the body is a multiple of it.
const (
	largeBody    = 1 << 20
	largeParsers = 4
)

// acceptTimeout bounds how long a producer waits for its message to be durable.
const acceptTimeout = 20 * time.Second

// acceptedView is the answer to a message.
type acceptedView struct {
	ID         hook.ID            `json:"id"`
	ExternalID string             `json:"external_id"`
	Duplicate  bool               `json:"duplicate"`
	Status     hook.MessageStatus `json:"status"`
	SHA256     string             `json:"sha256"`
	ReceivedAt timestamp          `json:"received_at"`
	Receipt    *receiptView       `json:"receipt,omitempty"`
}

// receive takes a message at an endpoint: it is answered 200 once it is
// durable, by the order of checks of the contract.
func (s *server) receive(c *gin.Context) {
	a := s.arrival(c)
	defer a.release()
	accepted, err := s.accept(c, a)
	if err == nil && a.challenge != "" {
		c.Header("X-Content-Type-Options", "nosniff")
		c.String(http.StatusOK, "%s", a.challenge)
		return
	}
	if err != nil {
		s.refuse(c, a, err)
		return
	}
	a.release() // what follows may take long, and needs no body
	s.waitForReceipts(c, &accepted)
	c.JSON(http.StatusOK, answer[acceptedView]{Success: true, Data: accepted})
}

func (s *server) accept(c *gin.Context, a *arrival) (view acceptedView, err error) {
	if err := s.check(c, a); err != nil {
		return view, err
	}
	a.kept = a.keep(a.raw.bytes, a.request)
	if a.challenge, err = handshakeOf(a); err != nil || a.challenge != "" {
		return view, err
	}
	m, err := s.read(c.Request.Context(), a.endpoint, a.kept, a.body, hook.NewID())
	if err != nil {
		return view, err
	}
	return s.store(c.Request.Context(), a, m)
}

// keep is a body of the request as it is kept where it is refused for its shape.
func (a *arrival) keep(raw []byte, request hook.Request) *hook.Kept {
	return &hook.Kept{Kind: hook.KeptPayload, Request: request, Verdict: a.verdict, Raw: raw}
}

// read makes a message, of an id, of a request whose body is decoded.
func (s *server) read(ctx context.Context, e *hook.Endpoint, k *hook.Kept, body []byte, id hook.ID) (*hook.Message, error) {
	if len(body) > largeBody {
		if err := s.parsing.Acquire(ctx, 1); err != nil {
			return nil, hook.Unavailable(err)
		}
		defer s.parsing.Release(1)
	}
	var payload *hook.Payload
	var err error
	if e.Mapping == nil {
		payload, err = hook.ParsePayload(body, s.CheckURL)
	} else {
		payload, err = mapping.Read(e.Mapping, &k.Request, body, hook.IDTime(id), s.CheckURL)
	}
	if err != nil {
		return nil, err
	}
	// The rest is read again from the raw body when it is archived: it need not
	// lie in memory while the message waits for its commit.
	kept := hook.Payload{ExternalID: payload.ExternalID, OccurredAt: payload.OccurredAt}
	return &hook.Message{
		ID: id, TenantID: e.TenantID, EndpointID: e.ID, Payload: kept, Raw: k.Raw,
		SHA256: sha256.Sum256(k.Raw), Verdict: k.Verdict, Request: k.Request, Mapping: e.Mapping,
	}, nil
}

// store makes a message durable.
func (s *server) store(ctx context.Context, a *arrival, m *hook.Message) (acceptedView, error) {
	ctx, cancel := context.WithTimeout(ctx, acceptTimeout)
	defer cancel()
	crash.At(crash.BeforeCommit)
	accepted, err := s.Ingest.Accept(ctx, m, a.endpoint.DedupWindow)
	if err != nil {
		return acceptedView{}, err
	}
	crash.At(crash.AfterCommit)
	return showAccepted(accepted, m.Payload.ExternalID), nil
}

func showAccepted(accepted store.Accepted, externalID string) acceptedView {
	return acceptedView{
		ID: accepted.ID, ExternalID: externalID, Duplicate: accepted.Duplicate, Status: hook.MessageAccepted,
		SHA256: hex.EncodeToString(accepted.SHA256[:]), ReceivedAt: timestamp{hook.IDTime(accepted.ID)},
	}
}

// refuse answers a request that was not accepted.
func (s *server) refuse(c *gin.Context, a *arrival, err error) {
	p := s.problemAt(a, err, a.kept)
	if p.Status >= http.StatusInternalServerError && !refusedByRule(err) {
		s.Log.Error("a message was not accepted", "error", err, "request_id", requestIDOf(c.Request.Context()))
	}
	switch p.Status {
	case http.StatusUnauthorized:
		c.Header("WWW-Authenticate", challengeOf(err)+` realm="posthorn"`)
	case http.StatusRequestTimeout:
		c.Header("Connection", "close") // nobody waits for the rest of the body
	case http.StatusUnsupportedMediaType:
		c.Header("Accept-Encoding", string(hook.CodingGzip))
	}
	writeProblem(c, p)
}

// problemAt gives an error at an endpoint its answer, and counts it. What it
// was, which may be nil, is kept where its shape is what is wrong with it.
func (s *server) problemAt(a *arrival, err error, kept *hook.Kept) *problem {
	p := problemOf(err)
	switch {
	case errors.Is(err, errDisabled):
		p.Type = "endpoint-disabled"
	case errors.Is(err, errRate):
		p.Status = http.StatusTooManyRequests
	case errors.Is(err, errSlow):
		p.Status = http.StatusRequestTimeout
	}
	if a.endpoint != nil && a.endpoint.Provider != "" {
		p.asCallback(err)
	}
	s.Metrics.Refused(refusalReason(p.Status, err))
	if a.endpoint != nil && (p.Status < http.StatusInternalServerError || refusedByRule(err)) {
		s.countRefused(a, p, err, kept)
	}
	return p
}
