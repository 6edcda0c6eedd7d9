package test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// receiver is a webhook receiver on loopback. It answers each request with the
// next status, and with 200 once they are used up.
type receiver struct {
	url      string
	arrivals chan arrival

	mu       sync.Mutex
	statuses []int
	seen     []arrival
}

// arrival is a request that a receiver got.
type arrival struct {
	at     time.Time
	header http.Header
	body   []byte
}

func (a arrival) event() string    { return a.header.Get("Webhook-Id") }
func (a arrival) delivery() string { return a.header.Get("X-Webhook-Delivery") }

func receive(t *testing.T, statuses ...int) *receiver {
	t.Helper()
	r := &receiver{arrivals: make(chan arrival, 1000), statuses: statuses}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL + "/hook"
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	got := arrival{at: time.Now(), header: request.Header}
	got.body, _ = io.ReadAll(request.Body) // what is cut off does not have its signature
	r.mu.Lock()
	defer r.mu.Unlock()
	status := http.StatusOK
	if len(r.statuses) > 0 {
		status, r.statuses = r.statuses[0], r.statuses[1:]
	}
	r.seen = append(r.seen, got)
	r.arrivals <- got
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "got it")
}

// next waits for a request that was not asked for yet.
func (r *receiver) next(t *testing.T) arrival {
	t.Helper()
	select {
	case got := <-r.arrivals:
		return got
	case <-time.After(90 * time.Second):
		require.FailNow(t, "no delivery came")
		return arrival{}
	}
}

// events counts what came, by event.
func (r *receiver) events() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	counts := map[string]int{}
	for _, a := range r.seen {
		counts[a.event()]++
	}
	return counts
}

// files serves one file, after answering with the statuses before.
func files(t *testing.T, content string, statuses ...int) string {
	t.Helper()
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if len(statuses) > 0 {
			w.WriteHeader(statuses[0])
			statuses = statuses[1:]
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, content)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/file.txt?token=" + fileToken
}

// fileToken stands for what is secret in a URL.
const fileToken = "token-that-is-nobody-elses"
