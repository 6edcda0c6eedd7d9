package hook

import "time"

// Phase is a part of an attempt.
type Phase string

// The phases of an attempt, in their order.
const (
	PhaseDNS       Phase = "dns"        // the host's name is looked up
	PhaseConnect   Phase = "connect"    // TCP
	PhaseTLS       Phase = "tls"        // the handshake
	PhaseFirstByte Phase = "first_byte" // the request is sent, and the answer awaited
	PhaseRead      Phase = "read"       // the answer is read, as far as it is recorded
)

// Phases says how long each phase of an attempt took; 0 for one that there was
// not: a connection that is used again needs only the last two. They follow
// each other without a gap. Of the attempt's duration they are the end: what is
// left was spent before, most of it on a kept connection that turned out to be
// closed. The zero value is that of an attempt without a connection or a dial.
type Phases struct {
	DNS, Connect, TLS, FirstByte, Read time.Duration

	Reused bool  // the connection was there before
	CutOff Phase // the one in which the attempt ended without a whole answer; "" for none
}
