package dashboard

import (
	"strconv"

	"posthorn/client"
)

// timing is where an attempt's time went, as a bar of its phases.
type timing struct {
	Laps   []lap
	Reused bool // the connection was there before
}

// lap is one phase. Those of no length are left out, unless they were cut off.
type lap struct {
	Name, Class string
	X, Width    float64 // in the units of the drawing
	Took        string
	Cut         bool // the attempt ended in it
}

// The width of a timing, and what a lap has of it at least, with the gap after it.
const (
	timingWidth = 600.0
	lapWidth    = 8.0
	lapGap      = 2.0
)

// newTiming is nil where nothing was measured.
func newTiming(a client.Attempt) *timing {
	p := a.Phases
	if p == nil {
		return nil
	}
	before := float64(a.DurationMS) - p.DNS - p.Connect - p.TLS - p.FirstByte - p.Read
	if before < 1 { // the duration is in whole milliseconds
		before = 0
	}
	t, total := &timing{Reused: p.Reused}, 0.0
	var lengths []float64
	for _, of := range []struct {
		lap
		ms float64
	}{
		{lap{Name: "Before", Class: "before"}, before}, {lap{Name: "DNS", Class: "dns"}, p.DNS}, {lap{Name: "Connect", Class: "connect"}, p.Connect},
		{lap{Name: "TLS", Class: "tls"}, p.TLS}, {lap{Name: "First byte", Class: "first_byte"}, p.FirstByte}, {lap{Name: "Reading", Class: "read"}, p.Read},
	} {
		of.Cut, of.Took = of.Class == p.CutOff, showMilliseconds(of.ms)
		if of.ms > 0 || of.Cut {
			t.Laps, lengths, total = append(t.Laps, of.lap), append(lengths, of.ms), total+of.ms
		}
	}
	x, share := 0.0, timingWidth-lapWidth*float64(len(lengths))
	for i, ms := range lengths {
		width := lapWidth
		if total > 0 {
			width += share * ms / total
		}
		t.Laps[i].X, t.Laps[i].Width = hundredths(x), hundredths(width-lapGap)
		x += width
	}
	return t
}

func hundredths(n float64) float64 { return float64(int(n*100)) / 100 }

// showMilliseconds writes the length of a phase.
func showMilliseconds(ms float64) string {
	switch {
	case ms < .05:
		return "< 0.1 ms"
	case ms < 9.95:
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	case ms < 999.5:
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	}
	return strconv.FormatFloat(ms/1000, 'f', 1, 64) + " s"
}
