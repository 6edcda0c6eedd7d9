package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"
)

//go:embed chart.svg
var chartText string

// drawing is what the chart's template draws, in its units.
type drawing struct {
	Title, Legend string
	Width, Height int
	Ticks         []tick
	Rows          []row
}

type tick struct {
	X    int
	Name string
}

// row is a scenario's heading, a result, or a failure.
type row struct {
	Heading string
	Failed  string
	Y       int
	Label   string
	Bar     int // length; 0: none
	Rate    string
	Times   bool
	P50     int // position, as are the next two
	P95     int
	P99     int
	Figures string
}

// Where things stand, in the chart's units.
const (
	chartWidth = 1440
	chartTop   = 92
	rowHeight  = 20
	barLength  = 170
	timesLeft  = 520
	timesWidth = 300
)

// The times that the axis, which is logarithmic, has room for.
const (
	leastTime = 0.1 // ms
	mostTime  = 100_000
)

// chart draws throughput and times of every result, as SVG.
func (d *document) chart() ([]byte, error) {
	c := drawing{
		Title:  "Posthorn, " + d.Began.UTC().Format(time.DateOnly),
		Legend: strings.Trim(fmt.Sprintf("%s, %d cores, %s · %s", d.Machine.CPU, d.Machine.Cores, d.Machine.System, d.Machine.Commit), " ·,"),
		Width:  chartWidth,
	}
	if d.Bare > 0 {
		c.Legend += fmt.Sprintf(" · 64 bare connections insert %s rows a second", number(d.Bare))
	}
	for _, ms := range []float64{1, 10, 100, 1000, 10_000} {
		name := fmt.Sprintf("%.0f ms", ms)
		if ms >= 1000 {
			name = fmt.Sprintf("%.0f s", ms/1000)
		}
		c.Ticks = append(c.Ticks, tick{position(ms), name})
	}
	y, scenario := chartTop, ""
	for _, r := range d.Results {
		if r.Scenario != scenario {
			scenario = r.Scenario
			y += rowHeight
			c.Rows = append(c.Rows, row{Heading: scenario, Y: y})
			y += rowHeight
		}
		c.Rows = append(c.Rows, d.row(r, y))
		y += rowHeight
	}
	for _, f := range d.Failed {
		y += rowHeight
		c.Rows = append(c.Rows, row{Failed: f.Error, Y: y})
	}
	c.Height = y + 2*rowHeight
	t, err := template.New("chart").Parse(chartText)
	if err != nil {
		return nil, err
	}
	var svg bytes.Buffer
	err = t.Execute(&svg, c)
	return svg.Bytes(), err
}

func (d *document) row(r result, y int) row {
	w := row{Y: y, Label: strings.TrimSpace(r.Dispatch + " " + r.Load)}
	if r.PerSecond > 0 {
		most := slices.MaxFunc(d.of(r.Scenario), func(a, b result) int { return int(math.Copysign(1, a.PerSecond-b.PerSecond)) })
		w.Bar, w.Rate = max(1, int(barLength*r.PerSecond/most.PerSecond)), number(r.PerSecond)+"/s"
	}
	if len(r.Times) > 0 && r.Times[0].Count > 0 {
		t := r.Times[0]
		w.Times, w.P50, w.P95, w.P99 = true, position(t.P50), position(t.P95), position(t.P99)
		w.Figures = number(t.P50) + " / " + number(t.P99) + " ms"
	}
	for _, f := range r.Figures {
		w.Figures += fmt.Sprintf(" · %s %s %s", f.Name, number(f.Value), f.Unit)
	}
	w.Figures = strings.Trim(w.Figures, " ·")
	return w
}

// of are the results of a scenario.
func (d *document) of(scenario string) []result {
	return slices.DeleteFunc(slices.Clone(d.Results), func(r result) bool { return r.Scenario != scenario })
}

// position is where a time stands on the axis.
func position(ms float64) int {
	share := math.Log10(max(leastTime, min(ms, mostTime))/leastTime) / math.Log10(mostTime/leastTime)
	return timesLeft + int(timesWidth*share)
}
