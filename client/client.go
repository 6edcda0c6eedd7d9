// Package client is the Go client of Posthorn: of the management API, and of
// inbound endpoints. It needs the standard library alone.
//
//	c, err := client.New("https://hooks.example.com", apiKey)
//	endpoint, err := c.CreateEndpoint(ctx, client.EndpointSettings{Name: new("crm")})
//	accepted, err := endpoint.Sender(endpoint.Secret).Send(ctx, client.NewMessage{...})
//
// Every call takes a context, which alone bounds how long it may last. Nothing
// is retried here: an Error says whether a retry can help (Error.Temporary)
// and when. An error that is no *Error came from the network, and leaves open
// whether the call was carried out. It is safe to repeat whatever reads,
// changes or deletes, Sender.Send (a repeat of an external id is a duplicate),
// Publish with an id, and what creates with an IdempotencyKey; without one it
// would create twice.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Client calls the management API with the rights of one API key. Its methods
// may be called at the same time.
type Client struct {
	base string // no slash at its end
	key  string
	caller
}

// caller sends requests.
type caller struct {
	http  *http.Client
	agent string
}

// Option changes how a Client, or a Sender, calls.
type Option func(*caller)

// HTTPClient makes requests with h. Left out, one is used that follows no
// redirect and honours the environment's proxies.
func HTTPClient(h *http.Client) Option { return func(c *caller) { c.http = h } }

// UserAgent names the calling program to the server.
func UserAgent(agent string) Option { return func(c *caller) { c.agent = agent } }

// New returns a client of the gateway at baseURL, such as
// "https://hooks.example.com". It does not call it yet. The key is a tenant's,
// or the root key for the calls that manage tenants.
func New(baseURL, apiKey string, options ...Option) (*Client, error) {
	u, err := url.Parse(baseURL)
	switch {
	case err != nil:
		return nil, fmt.Errorf("client: the base URL: %w", err)
	case (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		return nil, errors.New("client: the base URL must be one such as https://hooks.example.com")
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return nil, errors.New("client: the base URL must have no query, fragment or user")
	}
	return &Client{base: strings.TrimSuffix(baseURL, "/"), key: apiKey, caller: newCaller(options)}, nil
}

func newCaller(options []Option) caller {
	c := caller{agent: "posthorn-go"}
	for _, option := range options {
		option(&c)
	}
	if c.http == nil {
		c.http = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return c
}

// CallOption changes one call.
type CallOption func(http.Header)

// IdempotencyKey lets a call that creates be repeated: for 24 hours the same
// call under the same key, 1 to 255 printable ASCII characters, creates nothing
// more and gets the first answer, without its secret. Another call under the
// key is refused.
func IdempotencyKey(key string) CallOption {
	return func(h http.Header) { h.Set("Idempotency-Key", key) }
}

// answer is the form of every answer that is no error and no list.
type answer[T any] struct {
	Data T `json:"data"`
}

// call makes a request and returns the data of its answer. A nil body sends
// none.
func call[T any](ctx context.Context, c *Client, method, path string, body any, options ...CallOption) (data T, err error) {
	var content []byte
	if body != nil {
		if content, err = json.Marshal(body); err != nil {
			return data, fmt.Errorf("client: %w", err)
		}
	}
	var a answer[T]
	response, err := c.do(ctx, method, path, content, options...)
	if err != nil {
		return data, err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
		return data, fmt.Errorf("client: the answer of %s %s: %w", method, path, err)
	}
	return a.Data, nil
}

// do makes a request with the key. The answer is a 2xx, its body to be closed.
func (c *Client) do(ctx context.Context, method, path string, content []byte, options ...CallOption) (*http.Response, error) {
	header := http.Header{"Authorization": {"Bearer " + c.key}}
	for _, option := range options {
		option(header)
	}
	return c.caller.do(ctx, method, c.base+path, header, content)
}

func (c *caller) do(ctx context.Context, method, rawURL string, header http.Header, content []byte) (*http.Response, error) {
	var body io.Reader = http.NoBody
	if content != nil {
		body = bytes.NewReader(content)
		if header.Get("Content-Type") == "" {
			header.Set("Content-Type", "application/json")
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, rawURL, body)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	header.Set("User-Agent", c.agent)
	request.Header = header
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		defer response.Body.Close()
		return nil, errorOf(response)
	}
	return response, nil
}

// item is the path of one thing. An id is escaped, whatever it is: it must not
// lead elsewhere.
func item(list, id string, rest ...string) string {
	return strings.Join(append([]string{list, url.PathEscape(id)}, rest...), "/")
}
