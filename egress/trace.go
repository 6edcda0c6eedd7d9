package egress

import (
	"context"
	"net/http/httptrace"
	"sync"
	"time"

	"posthorn/hook"
)

// trace notes when the phases of a request begin. One lasts until the next.
//
// A dial runs beside its request, and goes on where another connection became
// free meanwhile: what it tells then is not heard.
type trace struct {
	started time.Time
	mu      sync.Mutex
	begun   [len(phases)]time.Duration // since started; 0: not begun
	reused  bool
}

var phases = [...]hook.Phase{hook.PhaseDNS, hook.PhaseConnect, hook.PhaseTLS, hook.PhaseFirstByte, hook.PhaseRead}

// Indices of phases.
const (
	inDNS = iota
	inConnect
	inTLS
	inFirstByte
	inRead
)

func (t *trace) context(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:              t.getConn,
		DNSStart:             func(httptrace.DNSStartInfo) { t.dials(inDNS) },
		ConnectStart:         func(string, string) { t.dials(inConnect) },
		TLSHandshakeStart:    func() { t.dials(inTLS) },
		GotConn:              t.gotConn,
		GotFirstResponseByte: t.answered,
	})
}

func (t *trace) now() time.Duration { return max(1, time.Since(t.started)) }

// getConn begins anew where a kept connection turned out to be closed.
func (t *trace) getConn(string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.begun[inFirstByte] != 0 {
		t.begun = [len(phases)]time.Duration{}
	}
}

func (t *trace) dials(phase int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.begun[phase] == 0 && t.begun[inFirstByte] == 0 {
		t.begun[phase] = t.now()
	}
}

func (t *trace) gotConn(info httptrace.GotConnInfo) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reused = info.Reused; t.reused {
		t.begun = [len(phases)]time.Duration{}
	}
	t.begun[inFirstByte] = t.now()
}

func (t *trace) answered() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begun[inRead] = t.now()
}

// phases are those of a request that took so long. Where its answer is not
// whole, the last of them was cut off.
func (t *trace) phases(took time.Duration, whole bool) hook.Phases {
	t.mu.Lock()
	defer t.mu.Unlock()
	var (
		lasted [len(phases)]time.Duration
		cut    hook.Phase
		end    = took
	)
	for i := len(phases) - 1; i >= 0; i-- {
		begun := t.begun[i]
		if begun == 0 || begun > end {
			continue
		}
		if lasted[i], end = end-begun, begun; cut == "" && !whole {
			cut = phases[i]
		}
	}
	return hook.Phases{
		DNS: lasted[inDNS], Connect: lasted[inConnect], TLS: lasted[inTLS], FirstByte: lasted[inFirstByte], Read: lasted[inRead],
		Reused: t.reused, CutOff: cut,
	}
}
