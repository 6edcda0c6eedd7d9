package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// column is one of a table. Columns of one group stand side by side.
type column struct {
	kind        int
	group, name string
	cells       []string
}

// table are columns, of each kind in order of their first appearance.
type table struct {
	columns []column
	rows    int
}

// set sets a cell of the last row.
func (t *table) set(kind int, group, name, text string) {
	i := slices.IndexFunc(t.columns, func(c column) bool { return c.group == group && c.name == name })
	if i < 0 {
		i = len(t.columns)
		t.columns = append(t.columns, column{kind: kind, group: group, name: name})
	}
	c := &t.columns[i]
	c.cells = append(c.cells, make([]string, t.rows-len(c.cells))...)
	c.cells[t.rows-1] = text
}

// printTable prints the results of a scenario: those columns that have something.
func printTable(w io.Writer, list []result) {
	t := &table{}
	for _, r := range list {
		t.rows++
		t.row(r)
	}
	slices.SortStableFunc(t.columns, func(a, b column) int { return a.kind - b.kind })
	t.print(w)
}

// The kinds of columns, in their order.
const (
	ofLoad = iota
	ofTimes
	ofCPU
	ofFigures
)

func (t *table) row(r result) {
	t.set(ofLoad, "", "load", r.Load)
	if r.Dispatch != "" {
		t.set(ofLoad, "", "dispatch", r.Dispatch)
	}
	if r.PerSecond > 0 {
		t.set(ofLoad, "", "/s", number(r.PerSecond))
	}
	if r.OfBare > 0 {
		t.set(ofLoad, "", "of bare", number(100*r.OfBare)+" %")
	}
	for _, x := range r.Times {
		t.set(ofTimes, x.Name+" ms", "p50", number(x.P50))
		t.set(ofTimes, x.Name+" ms", "p95", number(x.P95))
		t.set(ofTimes, x.Name+" ms", "p99", number(x.P99))
		t.set(ofTimes, x.Name+" ms", "max", number(x.Max))
	}
	for _, f := range r.CPU {
		t.set(ofCPU, "CPU ms an event", f.Name, number(f.Value))
	}
	for _, f := range r.Figures {
		t.set(ofFigures, "", strings.TrimSpace(f.Name+" "+f.Unit), number(f.Value))
	}
	if r.Again > 0 {
		t.set(ofFigures, "", "again", strconv.Itoa(r.Again))
	}
}

// number writes three digits or more.
func number(v float64) string {
	switch {
	case v >= 99.95 || v == float64(int(v)):
		return fmt.Sprintf("%.0f", v)
	case v >= 9.995:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func (t *table) print(w io.Writer) {
	var groups, names strings.Builder
	lines := make([]strings.Builder, t.rows)
	for i := 0; i < len(t.columns); {
		end := i + 1
		for end < len(t.columns) && t.columns[end].kind == t.columns[i].kind && t.columns[end].group == t.columns[i].group {
			end++
		}
		width := 0
		for j, c := range t.columns[i:end] {
			n := c.width()
			if i+j == end-1 { // the last takes what the group's name needs
				n = max(n, utf8.RuneCountInString(t.columns[i].group)-width)
			}
			pad(&names, c.name, n, i+j > 0)
			for row := range lines {
				cell := ""
				if row < len(c.cells) {
					cell = c.cells[row]
				}
				pad(&lines[row], cell, n, i+j > 0)
			}
			width += n + 2
		}
		fmt.Fprintf(&groups, "%-*s", width, t.columns[i].group)
		i = end
	}
	for _, line := range append([]string{groups.String(), names.String()}, text(lines)...) {
		if line = strings.TrimRight(line, " "); line != "" {
			fmt.Fprintln(w, line)
		}
	}
	fmt.Fprintln(w)
}

func (c column) width() int {
	n := utf8.RuneCountInString(c.name)
	for _, cell := range c.cells {
		n = max(n, utf8.RuneCountInString(cell))
	}
	return n
}

func text(lines []strings.Builder) (list []string) {
	for i := range lines {
		list = append(list, lines[i].String())
	}
	return list
}

func pad(w *strings.Builder, text string, width int, right bool) {
	if fill := strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text))); right {
		fmt.Fprintf(w, "%s%s  ", fill, text)
	} else {
		fmt.Fprintf(w, "%s%s  ", text, fill)
	}
}
