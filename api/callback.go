package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"posthorn/crash"
	"posthorn/hook"
	"posthorn/provider"
)

// fetchTimeout bounds how long a callback waits for the certificate that it is
// checked with.
const fetchTimeout = 5 * time.Second

func (s *server) callbackRoutes(engine *gin.Engine) {
	for _, name := range provider.Names() {
		p, _ := provider.Lookup(name)
		path := "/webhooks/incoming/" + name + "/:token"
		engine.GET(path, s.receiveCallback(p))
		engine.POST(path, s.receiveCallback(p))
		if name == "mailgun-inbound" { // which sends raw mail where the URL ends so
			engine.POST(path+"/mime", s.receiveCallback(p))
		}
	}
}

// receiveCallback takes a provider's callback at its endpoint: it is answered
// as the provider wants it once it is durable.
func (s *server) receiveCallback(p *provider.Provider) gin.HandlerFunc {
	return func(c *gin.Context) {
		a := s.arrival(c)
		defer a.release()
		answer, err := s.acceptCallback(c, a, p)
		switch {
		case err != nil:
			s.refuse(c, a, err)
		case answer.ContentType == "":
			c.Status(answer.Status)
			c.Writer.WriteHeaderNow()
		default:
			c.Header("X-Content-Type-Options", "nosniff")
			c.Data(answer.Status, answer.ContentType, []byte(answer.Body))
		}
	}
}

func (s *server) acceptCallback(c *gin.Context, a *arrival, p *provider.Provider) (answer provider.Answer, err error) {
	if err := s.meet(c, a, p.Name, p.MaxBody); err != nil {
		return answer, err
	}
	ctx, r := c.Request.Context(), c.Request
	came := &callback{
		provider: p, endpoint: a.endpoint, config: a.config, id: hook.NewID(), header: r.Header, raw: a.raw.bytes,
		request: hook.Request{Method: r.Method, Target: r.RequestURI, Proto: r.Proto, Host: r.Host, Remote: a.remote},
	}
	if err := s.verifyCallback(ctx, came, time.Now()); err != nil {
		a.kept = came.kept(s.Fingerprint)
		return answer, err
	}
	if err := s.letIn(c, a); err != nil {
		return answer, err
	}
	body, err := s.decodeCallback(ctx, a, r.Header, p.MaxBody)
	if err != nil {
		return answer, err
	}
	m, result, err := s.readCallback(ctx, came, body)
	if err != nil {
		return answer, err
	}
	ctx, cancel := context.WithTimeout(ctx, acceptTimeout)
	defer cancel()
	crash.At(crash.BeforeCommit)
	accepted, err := s.Ingest.Accept(ctx, m, a.endpoint.DedupWindow)
	if err != nil {
		return answer, err
	}
	crash.At(crash.AfterCommit)
	if accepted.Conflicting && came.verdict.Replay.Unsigned {
		return answer, came.replayed()
	}
	return result.Answer, nil
}

// messageOfCallback makes a message of a callback that was refused, if it is
// authentic by the configuration of now, at the time at which it came.
func (s *server) messageOfCallback(ctx context.Context, e *hook.Endpoint, k *hook.Kept, id hook.ID) (*hook.Message, error) {
	p, known := provider.Lookup(e.Provider)
	if !known {
		return nil, hook.Conflict("this request is a provider's callback, and its endpoint is not a provider's")
	}
	came := &callback{provider: p, endpoint: e, id: id, request: k.Request, header: k.Came.Header, raw: k.Raw}
	came.request.Target = k.Came.Target
	var err error
	if came.config, err = p.Config(hook.Active(e.Keys, time.Now())); err != nil {
		return nil, err
	}
	err = s.verifyCallback(ctx, came, hook.IDTime(id))
	if refused, ok := errors.AsType[*refusedCallback](err); ok && came.verdict.Reason != provider.ReasonUnavailable {
		return nil, hook.Invalid("it is still not authentic: " + refused.Error())
	}
	if err != nil {
		return nil, err
	}
	body, err := k.Request.Decode(k.Raw, p.MaxBody)
	if err != nil {
		body = k.Raw
	}
	m, _, err := s.readCallback(ctx, came, body)
	return m, err
}

// callback is a request at a provider's endpoint, which comes now or came
// before and was refused.
type callback struct {
	provider *provider.Provider
	endpoint *hook.Endpoint
	id       hook.ID      // of the message that it is to be
	request  hook.Request // its target as it came, its header not there yet
	header   http.Header
	raw      []byte

	config  *provider.Config // its versions that are in force
	verdict provider.Verdict // once it was checked
}

// verifyCallback checks the bytes as they came, with the versions of the
// endpoint's configuration that are in force, as of the time of receipt.
func (s *server) verifyCallback(ctx context.Context, came *callback, at time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	came.verdict = came.provider.Verify(ctx, &provider.Request{
		Method: came.request.Method, URL: provider.PublicURL(cmp.Or(came.endpoint.PublicURL, s.PublicURL), came.request.Target), Host: came.request.Host,
		Header: came.header, Body: came.raw,
	}, came.config, at, s.Fetch)
	if !came.verdict.Accepted {
		return &refusedCallback{provider: came.provider.Name, verdict: came.verdict}
	}
	return nil
}
