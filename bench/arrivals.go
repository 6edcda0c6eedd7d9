package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"
)

// arrivals are what receivers got, by event.
type arrivals struct {
	key  func(header http.Header, body []byte) string // by which an event is known
	mu   sync.Mutex
	list map[string]*arrival
}

// arrival is an event on its way: it is to come at least once, always with the
// same body.
type arrival struct {
	first  time.Time
	times  int
	body   [sha256.Size]byte
	bodies int
	came   chan struct{} // closed with the first
}

func newArrivals(key func(http.Header, []byte) string) *arrivals {
	return &arrivals{key: key, list: map[string]*arrival{}}
}

// eventID is what the publisher called an event.
func eventID(header http.Header, _ []byte) string { return header.Get("Webhook-Id") }

// externalID is what the producer called the message that an event tells of.
func externalID(_ http.Header, body []byte) string {
	_, rest, _ := bytes.Cut(body, []byte(`"external_id":"`))
	id, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(id)
}

// expect is called before an event is published.
func (a *arrivals) expect(id string) *arrival {
	e := &arrival{came: make(chan struct{})}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list[id] = e
	return e
}

func (a *arrivals) arrived(id string, body []byte) {
	now, sum := time.Now(), sha256.Sum256(body)
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.list[id]
	if e == nil {
		return // not of this measurement
	}
	if e.times++; e.times == 1 {
		e.first, e.body, e.bodies = now, sum, 1
		close(e.came)
	} else if e.body != sum {
		e.bodies++
	}
}

// settle waits until every event has come, and checks them. It returns how many
// came again.
func (a *arrivals) settle(ctx context.Context, patience time.Duration) (again int, err error) {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	a.mu.Lock()
	list := maps.Clone(a.list)
	a.mu.Unlock()
	for id, e := range list {
		select {
		case <-e.came:
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-timeout.C:
			return 0, fmt.Errorf("event %s did not come within %s", id, patience)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, e := range a.list {
		if e.bodies != 1 {
			return 0, fmt.Errorf("event %s came with %d different bodies", id, e.bodies)
		}
		again += e.times - 1
	}
	return again, nil
}

// serve runs a receiver that takes as long as delay for each request.
func (a *arrivals) serve(ctx context.Context, delay time.Duration) (url string, stop func(), err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if delay > 0 {
			time.Sleep(delay)
		}
		a.arrived(a.key(r.Header, body), body)
		w.WriteHeader(http.StatusNoContent)
	})}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fmt.Println("the receiver ended:", err)
		}
	}()
	return "http://" + listener.Addr().String(), func() { _ = server.Close() }, nil
}
