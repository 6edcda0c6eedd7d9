package client

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// The states of a message.
const (
	MessageAccepted = "accepted" // durable
	MessageArchived = "archived" // in WORM storage
)

// Party is one side of a message.
type Party struct {
	Identifier  string `json:"identifier"`
	DisplayName string `json:"display_name,omitempty"`
}

// Message is what an endpoint received.
type Message struct {
	ID          string          `json:"id"`
	ExternalID  string          `json:"external_id"`
	EndpointID  string          `json:"endpoint_id"`
	Number      int64           `json:"number"` // within its endpoint, from 1, without holes; 0 until archived
	Status      string          `json:"status"`
	OccurredAt  time.Time       `json:"occurred_at"`
	ReceivedAt  time.Time       `json:"received_at"`
	ArchivedAt  time.Time       `json:"archived_at"`  // zero until archived
	RetainUntil time.Time       `json:"retain_until"` // zero until archived
	From        Party           `json:"from"`
	To          []Party         `json:"to"`
	Body        string          `json:"body"`
	Attachments []Attachment    `json:"attachments"`
	Fields      json.RawMessage `json:"fields"` // an object of every additional field, as it came
	Size        int             `json:"size"`   // of the body as received, bytes
	SHA256      string          `json:"sha256"` // of the body as received, hex
	Conflicting bool            `json:"conflicting"`
	Archive     *Location       `json:"archive"`      // nil until archived
	WorkflowURL string          `json:"workflow_url"` // in the Temporal UI; "" where that is not known
}

// Attachment is a file of a message.
type Attachment struct {
	Filename    string `json:"filename"`
	ContentType string `json:"content_type"`
	URL         string `json:"url,omitempty"` // where it is fetched from; "" where it came with the message
	Size        int64  `json:"size"`          // bytes
	SHA256      string `json:"sha256"`        // hex
	ObjectKey   string `json:"object_key,omitempty"`
	VersionID   string `json:"version_id,omitempty"`
	Failed      string `json:"failed,omitempty"` // why it could not be fetched
}

// Location is where a record lies in WORM storage: Length bytes from Offset of
// one version of one object.
type Location struct {
	ObjectKey string `json:"object_key"`
	VersionID string `json:"version_id"`
	Offset    int64  `json:"offset"`
	Length    int64  `json:"length"`
}

// MessageFilter narrows a list of messages; zero fields do not. What is given
// must all match. By Query, From, To and Fields a message is found shortly
// after it was accepted, typically within a second.
type MessageFilter struct {
	// Query has words that all must be found, in the body, the participants,
	// additional fields, names of attachments or the external id. -word must
	// not be found, word* is found by its beginning.
	Query         string
	EndpointID    string
	Status        string            // not together with Query, From, To or Fields
	From, To      string            // identifiers, whole
	Fields        map[string]string // values, whole, of additional fields by the names that lead to them: "ticket.status"
	After, Before time.Time         // when it was received: from After on, and before Before
}

const messages = "/api/v1/messages"

// Messages iterates over the messages, newest first.
func (c *Client) Messages(ctx context.Context, f MessageFilter) iter.Seq2[Message, error] {
	return all[Message](ctx, c, messages, f.values())
}

func (f *MessageFilter) values() url.Values {
	query := url.Values{}
	set(query, "q", f.Query)
	set(query, "endpoint_id", f.EndpointID)
	set(query, "status", f.Status)
	set(query, "from", f.From)
	set(query, "to", f.To)
	for path, value := range f.Fields {
		query.Set("field."+path, value)
	}
	setTime(query, "after", f.After)
	setTime(query, "before", f.Before)
	return query
}

// Message finds one message.
func (c *Client) Message(ctx context.Context, id string) (Message, error) {
	return call[Message](ctx, c, http.MethodGet, item(messages, id), nil)
}

// File is bytes as they were received. They come from a producer, who may be
// hostile, and so do name and type. Close the body.
type File struct {
	Name        string
	ContentType string
	Size        int64 // bytes; -1 where it is not known
	Body        io.ReadCloser
}

// MessageRaw streams the body of a message as it was received.
func (c *Client) MessageRaw(ctx context.Context, id string) (File, error) {
	return c.file(ctx, item(messages, id, "raw"))
}

// MessageAttachment streams attachment n of a message, from 0.
func (c *Client) MessageAttachment(ctx context.Context, id string, n int) (File, error) {
	return c.file(ctx, item(messages, id, "attachments", strconv.Itoa(n)))
}

func (c *Client) file(ctx context.Context, path string) (File, error) {
	response, err := c.do(ctx, http.MethodGet, path, nil) //nolint:bodyclose // the caller closes it
	if err != nil {
		return File{}, err
	}
	f := File{ContentType: response.Header.Get("Content-Type"), Size: response.ContentLength, Body: response.Body}
	if _, parameters, err := mime.ParseMediaType(response.Header.Get("Content-Disposition")); err == nil {
		f.Name = parameters["filename"]
	}
	return f, nil
}
