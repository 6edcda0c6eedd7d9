package dashboard

import (
	"time"

	"posthorn/hook"
	"posthorn/store"
)

// spark is how many messages came in each minute of the last hour, as bars.
type spark struct {
	Bars  []bar
	Total int
}

type bar struct{ X, Y, Height, Count int }

// Size of a spark, in the units of its drawing.
const (
	sparkBars   = 60
	sparkHeight = 28
)

// newSpark counts arrivals at an endpoint, or with "" at all of them.
func newSpark(arrivals []store.Arrival, endpoint string, now time.Time) spark {
	var counts [sparkBars]int
	s := spark{}
	for _, a := range arrivals {
		minute := int(now.Sub(hook.IDTime(a.ID)) / time.Minute)
		if minute < 0 || minute >= sparkBars || endpoint != "" && a.EndpointID.String() != endpoint {
			continue
		}
		counts[sparkBars-1-minute]++
		s.Total++
	}
	most := 1
	for _, n := range counts {
		most = max(most, n)
	}
	for i, n := range counts {
		height := n * sparkHeight / most
		if n > 0 {
			height = max(2, height)
		}
		s.Bars = append(s.Bars, bar{X: i * 3, Y: sparkHeight - height, Height: height, Count: n})
	}
	return s
}
