package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"posthorn/hook"
)

// maxLines is how many messages a batch may have.
const maxLines = 1000

// linesAtOnce is how many messages of a batch wait for their commit at the
// same time; they share it with one another.
const linesAtOnce = 128

// line is a message of a batch.
type line struct {
	number int // from 1, as an editor counts
	offset int // of the body, in bytes
	body   []byte
}

// lineResult is what its message alone would have been answered.
type lineResult struct {
	Line   int               `json:"line"`
	Status int               `json:"status"`
	Data   *acceptedView     `json:"data,omitempty"`
	Errors []hook.FieldError `json:"errors,omitempty"`
}

// splitLines splits NDJSON. Lines that are empty or blank are counted and
// otherwise passed over; the end of a line may be CRLF.
func splitLines(body []byte) (lines []line, err error) {
	number, next := 0, 0
	for text := range bytes.Lines(body) {
		offset := next
		number, next = number+1, next+len(text)
		text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		if len(lines) == maxLines {
			return nil, &hook.Error{Code: hook.CodeTooLarge, Message: "the batch has more than " + strconv.Itoa(maxLines) + " messages; nothing of it was stored"}
		}
		lines = append(lines, line{number: number, offset: offset, body: text})
	}
	if len(lines) == 0 {
		return nil, &hook.Error{Code: hook.CodeMalformed, Message: "the batch is empty; send one JSON object a line"}
	}
	return lines, nil
}

// receiveBatch takes many messages in one request, as NDJSON, and answers in
// the same form: a result for each line, in order.
func (s *server) receiveBatch(c *gin.Context) {
	a := s.arrival(c)
	defer a.release()
	results, err := s.acceptBatch(c, a)
	if err != nil {
		s.refuse(c, a, err)
		return
	}
	a.release()
	var accepted []*acceptedView
	for _, r := range results {
		switch {
		case r.Data != nil:
			accepted = append(accepted, r.Data)
		case r.Status == http.StatusServiceUnavailable:
			c.Header("Retry-After", retryAfter)
		}
	}
	s.waitForReceipts(c, accepted...)
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	for _, r := range results {
		_ = encoder.Encode(r) // strings and numbers
	}
	c.Data(http.StatusOK, "application/x-ndjson", text.Bytes())
}

func (s *server) acceptBatch(c *gin.Context, a *arrival) ([]lineResult, error) {
	if err := s.check(c, a); err != nil {
		return nil, err
	}
	lines, err := splitLines(a.body)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), acceptTimeout)
	defer cancel()
	batch := &hook.Batch{
		ID: hook.NewID(), TenantID: a.endpoint.TenantID, EndpointID: a.endpoint.ID, Request: a.request, Raw: a.raw.bytes, SHA256: sha256.Sum256(a.raw.bytes),
	}
	messages, results := s.readLines(ctx, a, batch.ID, lines)
	if !slices.ContainsFunc(messages, func(m *hook.Message) bool { return m != nil }) {
		return results, nil
	}
	if err := s.keepBatch(ctx, batch); err != nil {
		return nil, err
	}
	var all errgroup.Group
	all.SetLimit(linesAtOnce)
	settled := map[string]chan struct{}{} // by external_id: its last line so far
	for i, m := range messages {
		if m == nil {
			continue
		}
		// Of lines with one external_id the first is the message.
		before, done := settled[m.Payload.ExternalID], make(chan struct{})
		settled[m.Payload.ExternalID] = done
		all.Go(func() error {
			defer close(done)
			if before != nil {
				<-before
			}
			view, err := s.store(ctx, a, m)
			if err != nil {
				results[i] = s.failedLine(a, lines[i], err, nil)
			} else {
				results[i] = lineResult{Line: lines[i].number, Status: http.StatusOK, Data: &view}
			}
			return nil
		})
	}
	_ = all.Wait() // each has its result
	if !slices.ContainsFunc(results, lineResult.mayBeNew) {
		if err := s.Store.DropBatch(ctx, batch.ID); err != nil {
			s.Log.Warn("a batch without messages is left to be pruned", "error", err)
		}
	}
	return results, nil
}

// keepBatch makes a batch durable before its messages; of large ones a few at a
// time, since writing one takes its body's memory again.
func (s *server) keepBatch(ctx context.Context, b *hook.Batch) error {
	if len(b.Raw) > largeBody {
		if err := s.parsing.Acquire(ctx, 1); err != nil {
			return hook.Unavailable(err)
		}
		defer s.parsing.Release(1)
	}
	return s.Store.CreateBatch(ctx, b)
}

// mayBeNew reports whether a line may have become a message.
func (r lineResult) mayBeNew() bool {
	return r.Status >= http.StatusInternalServerError || r.Data != nil && !r.Data.Duplicate
}

// readLines reads the message of each line, or gives it the result that it
// cannot be read.
func (s *server) readLines(ctx context.Context, a *arrival, batch hook.ID, lines []line) ([]*hook.Message, []lineResult) {
	messages, results := make([]*hook.Message, len(lines)), make([]lineResult, len(lines))
	request := a.request.WithoutCoding()
	for i, l := range lines {
		kept := a.keep(l.body, request)
		m, err := s.read(ctx, a.endpoint, kept, l.body, hook.NewID())
		if err != nil {
			results[i] = s.failedLine(a, l, err, kept)
			continue
		}
		m.Batch = hook.BatchLine{ID: batch, Offset: int64(l.offset), Length: int64(len(l.body))}
		messages[i] = m
	}
	return messages, results
}

func (s *server) failedLine(a *arrival, l line, err error, kept *hook.Kept) lineResult {
	p := s.problemAt(a, err, kept)
	if p.Status >= http.StatusInternalServerError {
		s.Log.Error("a message of a batch was not accepted", "error", err)
	}
	if len(p.Errors) == 0 {
		p.Errors = []hook.FieldError{{Message: p.Detail}}
	}
	return lineResult{Line: l.number, Status: p.Status, Errors: p.Errors}
}
