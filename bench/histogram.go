package main

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// longest is the longest time that a histogram tells from longer ones.
const longest = 10 * time.Minute

// histogram counts times to three digits, from a microsecond on.
type histogram struct {
	mu sync.Mutex
	h  *hdrhistogram.Histogram // microseconds
}

func newHistogram() *histogram {
	return &histogram{h: hdrhistogram.New(1, longest.Microseconds(), 3)}
}

func (h *histogram) add(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_ = h.h.RecordValue(min(max(d, time.Microsecond), longest).Microseconds()) // always within its bounds
}

// merge adds what another counted.
func (h *histogram) merge(other *histogram) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.h.Merge(other.h)
}

// times are quantiles, in milliseconds.
type times struct {
	Name  string  `json:"name"`
	Count int64   `json:"count"`
	P50   float64 `json:"p50"`
	P95   float64 `json:"p95"`
	P99   float64 `json:"p99"`
	Max   float64 `json:"max"`
}

func (h *histogram) times(name string) times {
	h.mu.Lock()
	defer h.mu.Unlock()
	ms := func(microseconds int64) float64 { return float64(microseconds) / 1000 }
	return times{
		Name: name, Count: h.h.TotalCount(), P50: ms(h.h.ValueAtQuantile(50)), P95: ms(h.h.ValueAtQuantile(95)),
		P99: ms(h.h.ValueAtQuantile(99)), Max: ms(h.h.Max()),
	}
}

// within is the share of times from least to most.
func (h *histogram) within(least, most time.Duration) float64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	var n int64
	for _, bar := range h.h.Distribution() {
		if bar.From >= least.Microseconds() && bar.To <= most.Microseconds() {
			n += bar.Count
		}
	}
	return float64(n) / float64(max(h.h.TotalCount(), 1))
}
