package archive_test

import (
	"io"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// endless is a stream that costs nothing to make.
type endless struct{ n byte }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		e.n += 7
		p[i] = e.n
	}
	return len(p), nil
}

// heapPeak returns the largest heap in use while something runs, in bytes.
func heapPeak(run func()) uint64 {
	runtime.GC()
	var peak uint64
	done := make(chan struct{})
	var sampler sync.WaitGroup
	sampler.Go(func() {
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
			select {
			case <-done:
				return
			case <-ticker.C:
			}
		}
	})
	run()
	close(done)
	sampler.Wait()
	return peak
}

// Memory does not grow with the size of an attachment. This one runs alone, as
// it measures the process, the store's own memory included.
func TestMemoryOfLargeAttachment(t *testing.T) {
	s := setup(t)
	const size = 100 << 20
	peak := heapPeak(func() {
		put, err := s.PutAttachment(t.Context(), attachmentKey(0), io.LimitReader(&endless{}, size), "video/mp4", tomorrow())
		require.NoError(t, err)
		require.EqualValues(t, size, put.Size)
	})
	t.Logf("putting %d MiB: at most %d MiB of heap", size>>20, peak>>20)
	require.Less(t, peak, uint64(size/2))

	peak = heapPeak(func() {
		// Found from an earlier try, and read to be described.
		put, err := s.PutAttachment(t.Context(), attachmentKey(0), io.LimitReader(&endless{}, size), "video/mp4", tomorrow())
		require.NoError(t, err)
		require.EqualValues(t, size, put.Size)
	})
	t.Logf("finding %d MiB: at most %d MiB of heap", size>>20, peak>>20)
	require.Less(t, peak, uint64(size/2))
}
