package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/api"
	"posthorn/hook"
)

func TestLargeBodiesAtOnceFollowOneAnother(t *testing.T) {
	t.Parallel()
	s := setup(t, func(c *api.Config) { c.BodyMemory, c.MemoryWait = 60<<20, time.Minute }) // room for two of them
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"rate_limit": 1000})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			m := message(strconv.Itoa(i))
			g := s.deliver(t, e, m+strings.Repeat(" ", hook.MaxBody-len(m)))
			require.Equal(t, 200, g.status, g.raw)
		})
	}
	all.Wait()
	// A page holds so much, and no more: each of these is on one alone.
	seen := map[any]bool{}
	for path := "/api/v1/messages"; path != ""; {
		page := s.call(t, key, "GET", path, nil)
		require.Len(t, page.list(), 1)
		seen[page.list()[0]["id"]] = true
		path = ""
		if next, ok := page.body["next_cursor"].(string); ok {
			path = "/api/v1/messages?cursor=" + next
		}
	}
	require.Len(t, seen, 8)
}

// TestMemoryIsBoundedAndNobodyWaitsForEver: bodies of any size, all at once,
// more than there is room for.
func TestMemoryIsBoundedAndNobodyWaitsForEver(t *testing.T) {
	t.Parallel()
	const total = 48 << 20
	m := api.NewMemory(total, time.Minute)
	var (
		mu         sync.Mutex
		held, peak int64
		all        sync.WaitGroup
	)
	for i := range 256 {
		all.Go(func() {
			size := hook.MaxBody >> (i % 16)
			want := int64(hook.MaxBody + 1)
			if i%3 == 0 {
				want = int64(size) + 1
			}
			from := io.LimitReader(chunks{}, int64(size))
			taken, release, err := m.Read(t.Context(), from, want)
			require.NoError(t, err)
			require.GreaterOrEqual(t, taken, int64(size))
			require.LessOrEqual(t, taken, 16*int64(size)+4<<10, "what is taken follows what has come")
			mu.Lock()
			held += taken
			peak = max(peak, held)
			mu.Unlock()
			<-time.After(time.Millisecond)
			mu.Lock()
			held -= taken
			mu.Unlock()
			release()
		})
	}
	all.Wait()
	require.LessOrEqual(t, peak, int64(total))
	_, release, err := m.Read(t.Context(), io.LimitReader(chunks{}, hook.MaxBody+1), hook.MaxBody+1)
	release()
	require.Equal(t, hook.CodeTooLarge, hook.CodeOf(err))
}

// chunks is a body that comes in parts, others meanwhile.
type chunks struct{}

func (chunks) Read(p []byte) (int, error) {
	runtime.Gosched()
	return min(len(p), 30_000), nil
}

// announce begins a request that promises size bytes and sends some of them.
func announce(t *testing.T, s *service, e endpoint, size, sent int) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(3*patience)))
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: posthorn\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
		e.path, e.secret, size, strings.Repeat(" ", sent))
	require.NoError(t, err)
	return conn
}

func TestWhoAnnouncesMuchAndSendsLittleHoldsLittle(t *testing.T) {
	t.Parallel()
	s := setup(t, func(c *api.Config) { c.BodyMemory, c.MemoryWait = 30<<20, 200*time.Millisecond })
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"rate_limit": 1000})
	for i := range 200 {
		announce(t, s, e, hook.MaxBody, i%2*3000)
	}
	for _, size := range []int{1, 100 << 10, hook.MaxBody} {
		m := message(strconv.Itoa(size))
		g := s.deliver(t, e, m+strings.Repeat(" ", max(size-len(m), 0)))
		require.Equal(t, 200, g.status, g.raw)
	}
}

func TestWithoutMemoryAClientIsSentAwayForAWhile(t *testing.T) {
	t.Parallel()
	s := setup(t, func(c *api.Config) { c.BodyMemory, c.MemoryWait = 30<<20, 200*time.Millisecond }) // room for one of them
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"rate_limit": 1000})
	large := func() got {
		m := message("large")
		return s.deliver(t, e, m+strings.Repeat(" ", hook.MaxBody-len(m)))
	}
	var holders []net.Conn
	var refused got
	for end := time.Now().Add(patience); refused.status != http.StatusServiceUnavailable && time.Now().Before(end); refused = large() {
		holders = append(holders, announce(t, s, e, hook.MaxBody, 2<<20))
		<-time.After(50 * time.Millisecond) // it may have come, and have been sent away itself
	}
	refused.problem(t, http.StatusServiceUnavailable)
	require.NotEmpty(t, refused.header.Get("Retry-After"))
	require.Equal(t, 200, s.deliver(t, e, message("small")).status, "small ones have room of their own")
	for _, holder := range holders {
		require.NoError(t, holder.Close())
	}
	status := 0
	for end := time.Now().Add(patience); status != http.StatusOK && time.Now().Before(end); {
		status = large().status
	}
	require.Equal(t, http.StatusOK, status)
}

func TestABodyThatComesTooSlowlyIsRefused(t *testing.T) {
	t.Parallel()
	s := setup(t, func(c *api.Config) { c.BodyGrace = 300 * time.Millisecond })
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	conn := announce(t, s, e, 1000, 10)
	began := time.Now()
	go func() {
		for range 100 { // a byte now and then does not help
			<-time.After(50 * time.Millisecond)
			if _, err := conn.Write([]byte(" ")); err != nil {
				return
			}
		}
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusRequestTimeout, response.StatusCode)
	require.Less(t, time.Since(began), 2*patience)
}

func TestABodyThatComesAsFastAsItMustIsTaken(t *testing.T) {
	t.Parallel()
	s := setup(t, func(c *api.Config) { c.BodyGrace = 300 * time.Millisecond })
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	m := message("paced")
	m += strings.Repeat(" ", 100<<10-len(m))
	conn := announce(t, s, e, len(m), 0)
	for i := range 10 {
		_, err := conn.Write([]byte(m[i*len(m)/10 : (i+1)*len(m)/10]))
		require.NoError(t, err)
		<-time.After(60 * time.Millisecond)
	}
	paced, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer paced.Body.Close()
	require.Equal(t, http.StatusOK, paced.StatusCode)
}
