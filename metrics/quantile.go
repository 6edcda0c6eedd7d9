package metrics

import (
	"math"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// Quantiles estimates how long successful POST requests of a route took in this
// process: for each fraction asked for, the time that so many of them kept
// within, as PromQL's histogram_quantile does. They are nil where there were
// none.
func (m *Metrics) Quantiles(route string, fractions ...float64) []time.Duration {
	histogram, ok := m.requests.WithLabelValues(route, http.MethodPost, "2xx").(prometheus.Metric)
	var measured dto.Metric
	if !ok || histogram.Write(&measured) != nil || measured.GetHistogram().GetSampleCount() == 0 {
		return nil
	}
	out := make([]time.Duration, len(fractions))
	for i, fraction := range fractions {
		out[i] = quantile(measured.GetHistogram(), fraction)
	}
	return out
}

func quantile(h *dto.Histogram, fraction float64) time.Duration {
	rank := fraction * float64(h.GetSampleCount())
	below, from := 0.0, 0.0
	for _, b := range h.GetBucket() {
		count, to := float64(b.GetCumulativeCount()), b.GetUpperBound()
		if count >= rank && !math.IsInf(to, 0) {
			seconds := from + (to-from)*(rank-below)/(count-below)
			return time.Duration(seconds * float64(time.Second))
		}
		below, from = count, to
	}
	return time.Duration(from * float64(time.Second)) // beyond the last bound
}
