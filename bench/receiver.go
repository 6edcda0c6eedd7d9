package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// receiver is what webhooks deliver to. The path is the receiver's number, as
// an event can go to several.
type receiver struct {
	*arrivals

	key     func(header http.Header, body []byte) string // by which an event is known
	delay   time.Duration                                // before each answer
	refuses int                                          // percent of events whose first attempt is answered with an error
}

// eventID is what the publisher called an event.
func eventID(header http.Header, _ []byte) string { return header.Get("Webhook-Id") }

// externalID is what the producer called the message that an event tells of.
func externalID(_ http.Header, body []byte) string {
	_, rest, _ := bytes.Cut(body, []byte(`"external_id":"`))
	id, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(id)
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return
	}
	if r.delay > 0 {
		time.Sleep(r.delay)
	}
	id := r.key(request.Header, body)
	if chosen(id, r.refuses) && r.refuse(id) {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	number, _ := strconv.Atoi(strings.TrimPrefix(request.URL.Path, "/"))
	r.arrived(id, number, body)
	w.WriteHeader(http.StatusNoContent)
}

// chosen chooses a percentage of ids, always the same.
func chosen(id string, percent int) bool {
	hash := fnv.New32a()
	_, _ = io.WriteString(hash, id)
	return int(hash.Sum32()%100) < percent
}

// serve serves on a port of its own.
func serve(ctx context.Context, handler http.Handler) (url string, stop func(), err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: handler}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fmt.Println("the receiver ended:", err)
		}
	}()
	return "http://" + listener.Addr().String(), func() { _ = server.Close() }, nil
}
