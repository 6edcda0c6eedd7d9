package client

import (
	"io"
	"net/http"
	"sync"
)

// Handler makes requests to h, in this process, in place of the network. They
// carry the context of the call.
func Handler(h http.Handler) Option {
	return func(c *caller) {
		c.http = &http.Client{
			Transport:     within{h},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
}

// within lets a handler answer while its answer is read.
type within struct{ handler http.Handler }

func (w within) RoundTrip(request *http.Request) (*http.Response, error) {
	reader, writer := io.Pipe()
	a := &streamed{header: http.Header{}, body: writer, begun: make(chan struct{})}
	inner := request.Clone(request.Context())
	inner.RequestURI, inner.RemoteAddr = inner.URL.RequestURI(), "127.0.0.1:0"
	if inner.Body == nil {
		inner.Body = http.NoBody
	}
	go func() {
		defer func() {
			if recover() != nil { // as a server: the connection ends, nothing else
				a.begin(http.StatusInternalServerError)
				_ = writer.CloseWithError(io.ErrUnexpectedEOF)
			}
		}()
		w.handler.ServeHTTP(a, inner)
		a.begin(http.StatusOK)
		_ = writer.Close()
	}()
	select {
	case <-a.begun:
	case <-request.Context().Done():
		_ = reader.CloseWithError(request.Context().Err()) // what is still written goes nowhere
		return nil, request.Context().Err()
	}
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.sent, Body: reader, ContentLength: -1, Request: request,
	}, nil
}

// streamed is a http.ResponseWriter whose body is read at its other end.
type streamed struct {
	header http.Header // the handler's
	body   *io.PipeWriter
	once   sync.Once
	begun  chan struct{}
	status int
	sent   http.Header
}

func (a *streamed) Header() http.Header    { return a.header }
func (a *streamed) WriteHeader(status int) { a.begin(status) }

func (a *streamed) begin(status int) {
	a.once.Do(func() {
		a.status, a.sent = status, a.header.Clone()
		close(a.begun)
	})
}

func (a *streamed) Write(p []byte) (int, error) {
	a.begin(http.StatusOK)
	return a.body.Write(p)
}
