package main

import (
	"encoding/json"
	"os"
	"time"
)

// result is what one load gave.
type result struct {
	Scenario  string   `json:"scenario"`
	Dispatch  string   `json:"dispatch,omitempty"` // setting of POSTHORN_DISPATCH
	Load      string   `json:"load"`
	Events    int64    `json:"events,omitempty"` // that were posted, each of them checked
	PerSecond float64  `json:"per_second,omitempty"`
	OfBare    float64  `json:"of_bare,omitempty"` // PerSecond against that of bare connections in the same run
	Times     []times  `json:"times_ms,omitempty"`
	CPU       []figure `json:"cpu_ms_an_event,omitempty"` // by process
	Figures   []figure `json:"figures,omitempty"`
	Again     int      `json:"arrived_again,omitempty"` // arrivals beyond the first, which at least once allows
}

// figure is any other number of a load.
type figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`
	Goal  string  `json:"goal,omitempty"`
}

// document is all figures of one run.
type document struct {
	Began   time.Time `json:"began"`
	Machine machine   `json:"machine"`
	Seconds float64   `json:"seconds"`                   // each load was measured
	Bare    float64   `json:"bare_per_second,omitempty"` // rows that bare connections inserted, to scale by
	Results []result  `json:"results"`
	Failed  []failure `json:"failed,omitempty"`
}

// failure is a scenario that lost something, stalled, or could not run.
type failure struct {
	Scenario string `json:"scenario"`
	Error    string `json:"error"`
}

// add adds results, scaled, and returns them.
func (d *document) add(list []result) []result {
	if d.Bare > 0 {
		for i := range list {
			list[i].OfBare = list[i].PerSecond / d.Bare
		}
	}
	d.Results = append(d.Results, list...)
	return list
}

// write writes the document and its chart, unless prefix is empty.
func (d *document) write(prefix string) error {
	if prefix == "" {
		return nil
	}
	data, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(prefix+".json", append(data, '\n'), 0o600); err != nil {
		return err
	}
	chart, err := d.chart()
	if err != nil {
		return err
	}
	return os.WriteFile(prefix+".svg", chart, 0o600)
}
