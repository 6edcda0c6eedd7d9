package api

import (
	"time"

	"posthorn/hook"
)

type phasesView struct {
	_ struct{} `nullable:"true"`

	DNS       float64    `json:"dns_ms" doc:"The host's name was looked up; 0 where that was not needed. Milliseconds, to the microsecond, as all of these"`
	Connect   float64    `json:"connect_ms" doc:"The TCP connection was opened; 0 where there was one"`
	TLS       float64    `json:"tls_ms" doc:"The TLS handshake; 0 where the connection was there, or is without TLS"`
	FirstByte float64    `json:"first_byte_ms" doc:"From having the connection to the first byte of the answer: sending the request is in it"`
	Read      float64    `json:"read_ms" doc:"From there to the last byte of the answer that is recorded"`
	Reused    bool       `json:"reused" doc:"The connection was there before"`
	CutOff    hook.Phase `json:"cut_off,omitempty" enum:"dns,connect,tls,first_byte,read" doc:"The phase in which the attempt ended without a whole answer; it lasted until then"`
}

func showPhases(p hook.Phases) *phasesView {
	if p == (hook.Phases{}) {
		return nil
	}
	return &phasesView{
		DNS: inMilliseconds(p.DNS), Connect: inMilliseconds(p.Connect), TLS: inMilliseconds(p.TLS),
		FirstByte: inMilliseconds(p.FirstByte), Read: inMilliseconds(p.Read), Reused: p.Reused, CutOff: p.CutOff,
	}
}

func inMilliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
