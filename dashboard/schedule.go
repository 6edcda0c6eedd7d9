package dashboard

import (
	"math"
	"time"
)

// schedule is a retry policy as a drawing: attempts along a line whose scale is
// logarithmic, as waits grow.
type schedule struct {
	Points []point
	Total  time.Duration
	Width  int
}

type point struct {
	X      float64
	Number int
	Label  string // time since the first attempt
	Raised bool   // its label stands above the line: beside its neighbour's it would not fit
	End    bool   // its label ends at the point
}

const (
	drawn  = 300.0 // width of the line
	margin = 20.0
	apart  = 52.0 // what a label needs
)

func newSchedule(policy []int) schedule {
	s := schedule{Width: int(drawn + 2*margin)}
	total := 0
	for _, seconds := range policy {
		total += seconds
	}
	s.Total = time.Duration(total) * time.Second
	at, before := 0, [2]float64{-apart, -apart}
	for i := range len(policy) + 1 {
		if i > 0 {
			at += policy[i-1]
		}
		x := margin
		if total > 0 {
			x += drawn * math.Log1p(float64(at)) / math.Log1p(float64(total))
		}
		p := point{X: math.Round(x), Number: i + 1, Label: compact(at), End: x > drawn}
		row := 0
		if x-before[0] < apart {
			row = 1
		}
		if p.Raised = row == 1; x-before[row] < apart {
			p.Label = "" // no room: the list below the drawing has it
		} else {
			before[row] = x
		}
		s.Points = append(s.Points, p)
	}
	return s
}

// compact writes seconds since the first attempt.
func compact(seconds int) string {
	if seconds == 0 {
		return "at once"
	}
	d := time.Duration(seconds) * time.Second
	switch {
	case seconds < 60:
		return "+" + d.String()
	case seconds < 3600:
		return "+" + showNumber(seconds/60) + "m"
	case seconds < 48*3600:
		return "+" + showNumber(seconds/3600) + "h" + rest(seconds%3600/60, "m")
	}
	return "+" + showNumber(seconds/86400) + "d" + rest(seconds%86400/3600, "h")
}

func rest(n int, unit string) string {
	if n == 0 {
		return ""
	}
	return showNumber(n) + unit
}
