package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
	"github.com/gin-gonic/gin"

	"posthorn/hook"
)

// retryAfter is what a 503 asks for, in seconds.
const retryAfter = "2"

// problem is an error's answer (RFC 9457). It never carries a value that was
// sent, as that may be a secret, nor anything of our insides.
type problem struct {
	Type      string            `json:"type" doc:"A URI reference that names the kind of problem"`
	Title     string            `json:"title"`
	Status    int               `json:"status"`
	Detail    string            `json:"detail,omitempty"`
	Success   bool              `json:"success" doc:"Always false"`
	Errors    []hook.FieldError `json:"errors,omitempty"`
	RequestID string            `json:"request_id"`
}

func (p *problem) Error() string             { return p.Detail }
func (p *problem) GetStatus() int            { return p.Status }
func (p *problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders tells a client when to try again.
func (p *problem) GetHeaders() http.Header {
	if p.Status == http.StatusServiceUnavailable {
		return http.Header{"Retry-After": {retryAfter}}
	}
	return nil
}

func statuses() map[hook.Code]int {
	return map[hook.Code]int{
		hook.CodeInvalid: http.StatusUnprocessableEntity, hook.CodeMalformed: http.StatusBadRequest,
		hook.CodeUnauthentic: http.StatusUnauthorized, hook.CodeForbidden: http.StatusForbidden,
		hook.CodeNotFound: http.StatusNotFound, hook.CodeConflict: http.StatusConflict,
		hook.CodeTooLarge: http.StatusRequestEntityTooLarge, hook.CodeUnsupported: http.StatusUnsupportedMediaType,
		hook.CodeUnavailable: http.StatusServiceUnavailable,
	}
}

// problemOf gives an error its answer. Only a hook.Error is told outside.
func problemOf(err error) *problem {
	var known *hook.Error
	if !errors.As(err, &known) {
		return &problem{Status: http.StatusInternalServerError, Detail: "an internal error; it is logged under the request's id"}
	}
	return &problem{Status: statuses()[known.Code], Detail: known.Message, Errors: known.Fields}
}

// complete fills what follows from the rest.
func (p *problem) complete(requestID string) {
	p.Title = http.StatusText(p.Status)
	if p.Type == "" {
		p.Type = "about:blank"
	}
	p.RequestID = requestID
}

// writeProblem ends a request of a plain handler.
func writeProblem(c *gin.Context, p *problem) {
	p.complete(requestIDOf(c.Request.Context()))
	for name, values := range p.GetHeaders() {
		if c.Writer.Header().Get(name) == "" { // else who knew more has said it
			c.Header(name, values[0])
		}
	}
	body, _ := json.Marshal(p) // strings and numbers
	c.Data(p.Status, p.ContentType(""), body)
	c.Abort()
}

var useProblemsOnce sync.Once

// useProblems makes huma answer with our problems. Its own carry the values
// that were sent, and it has no other place for this than a variable.
func useProblems() {
	useProblemsOnce.Do(func() {
		huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
			return humaProblem(requestIDOf(ctx.Context()), status, message, errs)
		}
		huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
			return humaProblem("", status, message, errs)
		}
	})
}

func humaProblem(requestID string, status int, message string, errs []error) *problem {
	p := &problem{Status: status, Detail: message}
	for _, err := range errs {
		var detail huma.ErrorDetailer
		if errors.As(err, &detail) {
			d := detail.ErrorDetail()
			if d.Message == validation.MsgExpectedMatchExactlyOneSchema { // only durations have several
				d.Message = durationForm
			}
			p.Errors = append(p.Errors, hook.FieldError{Pointer: pointer(d.Location), Message: d.Message})
		} else if known := new(hook.Error); errors.As(err, &known) {
			p.Errors = append(p.Errors, known.Fields...)
		}
	}
	p.complete(requestID)
	return p
}

var index = regexp.MustCompile(`\[(\d+)\]`)

// pointer turns huma's place of an error ("body.events[0]") into a JSON
// pointer; one that is not in the body keeps its form ("query.limit").
func pointer(location string) string {
	rest, inBody := strings.CutPrefix(location, "body")
	if !inBody {
		return location
	}
	return strings.ReplaceAll(index.ReplaceAllString(rest, ".$1"), ".", "/")
}
