package store

import (
	"encoding/json"
	"time"

	"posthorn/hook"
)

// phases is how hook.Phases are kept: in microseconds.
type phases struct {
	DNS       int64      `json:"dns,omitempty"`
	Connect   int64      `json:"connect,omitempty"`
	TLS       int64      `json:"tls,omitempty"`
	FirstByte int64      `json:"first_byte,omitempty"`
	Read      int64      `json:"read,omitempty"`
	Reused    bool       `json:"reused,omitempty"`
	CutOff    hook.Phase `json:"cut_off,omitempty"`
}

// phasesRow is null for the zero value.
func phasesRow(p hook.Phases) ([]byte, error) {
	if p == (hook.Phases{}) {
		return nil, nil
	}
	return json.Marshal(phases{
		DNS: p.DNS.Microseconds(), Connect: p.Connect.Microseconds(), TLS: p.TLS.Microseconds(),
		FirstByte: p.FirstByte.Microseconds(), Read: p.Read.Microseconds(), Reused: p.Reused, CutOff: p.CutOff,
	})
}

func phasesOf(row []byte) (hook.Phases, error) {
	if row == nil {
		return hook.Phases{}, nil
	}
	var p phases
	err := json.Unmarshal(row, &p)
	return hook.Phases{
		DNS: microseconds(p.DNS), Connect: microseconds(p.Connect), TLS: microseconds(p.TLS),
		FirstByte: microseconds(p.FirstByte), Read: microseconds(p.Read), Reused: p.Reused, CutOff: p.CutOff,
	}, err
}

func microseconds(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
