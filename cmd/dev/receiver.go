package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"posthorn/devstack/port"
)

// receiver is a webhook receiver on loopback, and a web server that has one
// file: what the sample needs at its other ends.
type receiver struct {
	address string
	got     chan delivered
}

// delivered is a request that the receiver got.
type delivered struct {
	header http.Header
	body   []byte
}

// sampleFile is the attachment that the sample gives by URL.
const sampleFile = "Quarterly report\n\nNothing was lost.\n"

// startReceiver listens on the address that an earlier start chose, or on a
// free one.
func startReceiver(ctx context.Context, address string) (*receiver, error) {
	var listener net.Listener
	err := errors.New("no address yet")
	if address != "" {
		listener, err = net.Listen("tcp", address)
	}
	if err != nil {
		free, err := port.Free()
		if err != nil {
			return nil, err
		}
		if listener, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", free)); err != nil {
			return nil, err
		}
	}
	r := &receiver{address: listener.Addr().String(), got: make(chan delivered, 16)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /report.txt", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, sampleFile)
	})
	mux.HandleFunc("POST /webhook", r.receive)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }() // until it is closed
	return r, nil
}

// receive answers 200 and remembers the request, as long as somebody looks.
func (r *receiver) receive(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, 1<<20))
	if err != nil {
		http.Error(w, "the body cannot be read", http.StatusBadRequest)
		return
	}
	select {
	case r.got <- delivered{header: request.Header, body: body}:
	default:
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"received":true}`)
}
