package egress

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"posthorn/hook"
)

// late is a delay that phases are told apart by.
const late = 30 * time.Millisecond

func delay(d time.Duration) { <-time.After(d) }

// deliberate takes its time over its answer, and over the body, once the answer
// has begun to arrive.
func deliberate(begun <-chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		delay(late)
		w.WriteHeader(http.StatusAccepted)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-begun:
		case <-r.Context().Done():
		}
		delay(2 * late)
		_, _ = io.WriteString(w, "thanks")
	}
}

func sum(p hook.Phases) time.Duration { return p.DNS + p.Connect + p.TLS + p.FirstByte + p.Read }

func TestPhasesOfANewAndOfAKeptConnection(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("http2=%t", http2), func(t *testing.T) {
			t.Parallel()
			begun := make(chan struct{}, 1)
			r := receive(t, http2, deliberate(begun))
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotFirstResponseByte: func() { begun <- struct{}{} }})
			resolver := nameserver(t, func(string, int) reply {
				delay(late)
				return addresses("127.0.0.1")
			})
			client := r.client(t, func(c *Config) { c.Resolver = resolver })

			out, err := client.Do(ctx, Request{URL: r.as(certified), Body: []byte("{}"), Timeout: patience})
			require.NoError(t, err)
			require.Equal(t, http.StatusAccepted, out.StatusCode, out.Detail)
			require.GreaterOrEqual(t, out.Phases.DNS, late)
			require.Positive(t, out.Phases.Connect)
			require.Positive(t, out.Phases.TLS)
			require.GreaterOrEqual(t, out.Phases.FirstByte, late)
			require.GreaterOrEqual(t, out.Phases.Read, 2*late)
			require.LessOrEqual(t, sum(out.Phases), out.Duration)
			require.False(t, out.Phases.Reused)
			require.Empty(t, out.Phases.CutOff)

			out, err = client.Do(ctx, Request{URL: r.as(certified), Body: []byte("{}"), Timeout: patience})
			require.NoError(t, err)
			require.Equal(t, hook.Phases{FirstByte: out.Phases.FirstByte, Read: out.Phases.Read, Reused: true}, out.Phases)
			require.GreaterOrEqual(t, out.Phases.FirstByte, late)
			require.GreaterOrEqual(t, out.Phases.Read, 2*late)
			require.LessOrEqual(t, sum(out.Phases), out.Duration)
		})
	}
}

func TestPhasesOfManyRequestsAtOnce(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{})
	close(begun)
	r := receive(t, false, deliberate(begun))
	client := r.client(t)
	for range 3 {
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				out, err := client.Do(t.Context(), Request{URL: r.URL, Timeout: patience})
				if err != nil || sum(out.Phases) > out.Duration || out.Phases.FirstByte < late || out.Phases.Reused && out.Phases.TLS != 0 {
					t.Error(err, out.Phases, out.Duration)
				}
			})
		}
		all.Wait()
	}
}

// The first try rides on a kept connection that is closed under it.
func TestPhasesOfASecondTryAreThoseOfItsOwnConnection(t *testing.T) {
	t.Parallel()
	var asked counter
	r := receive(t, false, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if asked.add("request") == 2 {
			delay(late)
			if connection, _, err := w.(http.Hijacker).Hijack(); err == nil {
				_ = connection.Close()
			}
		}
	})
	client := r.client(t)
	send(t, client, r.URL, patience)
	out := send(t, client, r.URL, patience)
	require.Equal(t, http.StatusOK, out.StatusCode, out.Detail)
	require.False(t, out.Phases.Reused)
	require.Positive(t, out.Phases.Connect)
	require.Positive(t, out.Phases.TLS)
	require.LessOrEqual(t, sum(out.Phases)+late, out.Duration)
}

func TestPhasesTellWhichOneWasCutOff(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	r := receive(t, true, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/failing/hook":
			w.WriteHeader(http.StatusInternalServerError)
			drip(w, r)
		case "/drip/hook":
			drip(w, r)
		}
		hang(w, r)
	})
	client := r.client(t, func(c *Config) {
		c.Resolver = nameserver(t, func(name string, _ int) reply {
			switch name {
			case "inward.example.":
				return addresses("10.0.0.1")
			case "unknown.example.":
				return reply{code: dnsmessage.RCodeNameError}
			}
			return reply{silent: true}
		})
	})
	distrustful := r.client(t, func(c *Config) { c.RootCAs = nil })
	for name, c := range map[string]struct {
		client  *Client
		url     string
		timeout time.Duration
		want    hook.Phase
		failed  hook.ErrorClass
	}{
		"refused by its text":   {client, "https://10.0.0.1", patience, "", hook.ErrorRefused},
		"refused by the guard":  {client, "https://inward.example", patience, hook.PhaseConnect, hook.ErrorRefused},
		"nobody listens":        {client, closedPort(t), patience, hook.PhaseConnect, hook.ErrorConnect},
		"unknown name":          {client, "https://unknown.example", patience, hook.PhaseDNS, hook.ErrorDNS},
		"silent name servers":   {client, "https://silent.example", short, hook.PhaseDNS, hook.ErrorTimeout},
		"no handshake":          {client, "https://" + silent.Addr().String(), short, hook.PhaseTLS, hook.ErrorTimeout},
		"untrusted":             {distrustful, r.URL, patience, hook.PhaseTLS, hook.ErrorTLS},
		"no answer":             {client, r.URL, time.Second, hook.PhaseFirstByte, hook.ErrorTimeout},
		"an endless body":       {client, r.URL + "/drip", 2 * time.Second, hook.PhaseRead, hook.ErrorTimeout},
		"a failure without end": {client, r.URL + "/failing", 2 * time.Second, hook.PhaseRead, hook.ErrorStatus},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := send(t, c.client, c.url, c.timeout)
			require.Equal(t, c.failed, out.Error, out.Detail)
			require.Equal(t, c.want, out.Phases.CutOff, "%+v", out.Phases)
			require.LessOrEqual(t, sum(out.Phases), out.Duration)
			lasted := map[hook.Phase]time.Duration{
				hook.PhaseDNS: out.Phases.DNS, hook.PhaseConnect: out.Phases.Connect, hook.PhaseTLS: out.Phases.TLS,
				hook.PhaseFirstByte: out.Phases.FirstByte, hook.PhaseRead: out.Phases.Read,
			}
			after := c.want == ""
			for _, phase := range phases {
				if require.False(t, after && lasted[phase] > 0, "%s comes after", phase); phase == c.want {
					after = true
					require.Positive(t, lasted[phase])
				}
			}
		})
	}
}

func BenchmarkDo(b *testing.B) {
	r := receive(b, false, func(http.ResponseWriter, *http.Request) {})
	client := r.client(b)
	b.ReportAllocs()
	for b.Loop() {
		if out, err := client.Do(b.Context(), Request{URL: r.URL, Body: []byte("{}")}); err != nil || out.Error != hook.ErrorNone {
			b.Fatal(err, out.Detail)
		}
	}
}
