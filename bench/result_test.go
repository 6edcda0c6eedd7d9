package main

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestQuantilesAreThoseOfTheTimes(t *testing.T) {
	t.Parallel()
	h := newHistogram()
	for ms := 1; ms <= 1000; ms++ {
		h.add(time.Duration(ms) * time.Millisecond)
	}
	x := h.times("answer")
	require.EqualValues(t, 1000, x.Count)
	require.InEpsilon(t, 500, x.P50, 0.002)
	require.InEpsilon(t, 950, x.P95, 0.002)
	require.InEpsilon(t, 990, x.P99, 0.002)
	require.InEpsilon(t, 1000, x.Max, 0.002)
	require.InDelta(t, 0.401, h.within(leastPause-100*time.Millisecond, mostPause), 0.002, "600 to 1,000 ms of 1 to 1,000")
}

func TestTimesOutsideOfAHistogramCountAtItsEnds(t *testing.T) {
	t.Parallel()
	h := newHistogram()
	h.add(-time.Second)
	h.add(24 * time.Hour)
	x := h.times("answer")
	require.EqualValues(t, 2, x.Count)
	require.InDelta(t, 0.001, x.P50, 0.0001)
	require.InEpsilon(t, longest.Milliseconds(), x.Max, 0.002)
	require.Zero(t, newHistogram().times("").P99)
}

// run is a document with a result of each kind.
func run() *document {
	d := &document{Bare: 6000, Machine: machine{CPU: "A <fast> & small CPU", Cores: 2, System: "linux/amd64"}}
	d.add([]result{
		{Scenario: "deliver", Dispatch: "adaptive", Load: "closed 64", Events: 10, PerSecond: 1200, Times: []times{{Name: "accept → arrival", Count: 10, P50: 9.5, P95: 30, P99: 117, Max: 130}},
			CPU: []figure{{Name: "api", Value: 0.5}, {Name: "worker", Value: 0.25}}, Again: 2},
		{Scenario: "deliver", Dispatch: "workflow", Load: "closed 64", Events: 10, PerSecond: 60, Times: []times{{Name: "accept → arrival", Count: 10, P50: 771, P95: 1200, P99: 1737, Max: 1800}},
			CPU: []figure{{Name: "api", Value: 1}, {Name: "worker", Value: 3}, {Name: "deletion", Value: 12}}},
		{Scenario: "idle", Load: "30s", Figures: []figure{{Name: "product", Value: 1.2, Unit: "% of a core", Goal: "below 2"}}},
	})
	return d
}

func TestResultsAreScaledByBareConnectionsOfTheSameRun(t *testing.T) {
	t.Parallel()
	d := run()
	require.InDelta(t, 0.2, d.Results[0].OfBare, 1e-9)
	require.InDelta(t, 0.01, d.Results[1].OfBare, 1e-9)
	require.Zero(t, d.Results[2].OfBare)
	unscaled := &document{}
	unscaled.add([]result{{PerSecond: 5}})
	require.Zero(t, unscaled.Results[0].OfBare)
}

func TestATableHasAColumnForWhateverARowHas(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	printTable(&text, run().Results[:2])
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	require.Len(t, lines, 4)
	require.Contains(t, lines[0], "accept → arrival ms")
	require.Equal(t, []string{"load", "dispatch", "/s", "of", "bare", "p50", "p95", "p99", "max", "api", "worker", "deletion", "again"}, strings.Fields(lines[1]))
	require.Equal(t, []string{"closed", "64", "adaptive", "1200", "20", "%", "9.50", "30", "117", "130", "0.50", "0.25", "2"}, strings.Fields(lines[2]))
	require.Equal(t, []string{"closed", "64", "workflow", "60", "1", "%", "771", "1200", "1737", "1800", "1", "3", "12"}, strings.Fields(lines[3]))
	require.Equal(t, strings.Index(lines[1], "api")+3, strings.Index(lines[2], "0.50")+4, "columns end where their names do")
}

func TestAChartIsWellFormedAndShowsEachResult(t *testing.T) {
	t.Parallel()
	d := run()
	d.Failed = []failure{{Scenario: "restart", Error: "restart FAILED: LOST: 1 of 10 events"}}
	svg, err := d.chart()
	require.NoError(t, err)
	elements, text := map[string]int{}, ""
	for x := xml.NewDecoder(strings.NewReader(string(svg))); ; {
		token, err := x.Token()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		switch x := token.(type) {
		case xml.StartElement:
			elements[x.Name.Local]++
		case xml.CharData:
			text += string(x)
		}
	}
	require.Equal(t, 1, elements["svg"])
	require.Equal(t, 3, elements["rect"], "the background, and a bar for each result with a throughput")
	require.Equal(t, 2, elements["circle"], "one for each result with times")
	for _, says := range []string{"A <fast> & small CPU", "adaptive closed 64", "1200/s", "9.50 / 117 ms", "product 1.20 % of a core", "prefers-color-scheme: dark", "6000 rows", "LOST: 1 of 10"} {
		require.Contains(t, text, says)
	}
}

func TestBarsAndTimesAreDrawnToScale(t *testing.T) {
	t.Parallel()
	d := run()
	fast, slow := d.row(d.Results[0], 0), d.row(d.Results[1], 0)
	require.Equal(t, barLength, fast.Bar)
	require.InDelta(t, barLength*60/1200, slow.Bar, 1)
	require.Equal(t, position(10)-position(1), position(1000)-position(100), "the axis is logarithmic")
	require.Equal(t, timesLeft, position(0))
	require.Equal(t, timesLeft+timesWidth, position(1e9))
	require.Less(t, fast.P50, fast.P95)
	require.Less(t, fast.P99, slow.P50+timesWidth)
}

func TestTheDocumentAndItsChartAreWrittenTogether(t *testing.T) {
	t.Parallel()
	prefix := filepath.Join(t.TempDir(), "figures")
	d := run()
	d.Failed = []failure{{Scenario: "restart", Error: "LOST: 1 of 10 events"}}
	require.NoError(t, d.write(prefix))
	data, err := os.ReadFile(prefix + ".json")
	require.NoError(t, err)
	var read document
	require.NoError(t, json.Unmarshal(data, &read))
	require.Equal(t, *d, read)
	require.FileExists(t, prefix+".svg")
	require.NoError(t, d.write(""), "nothing is written where no file is named")
}
