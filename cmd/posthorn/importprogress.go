package main

import (
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progressEvery is how often a line tells of the progress where there is no
// terminal.
const progressEvery = 5 * time.Second

// progress shows how far an import is, on standard error.
type progress struct {
	bar   *progressbar.ProgressBar // nil where there is no terminal
	began time.Time
	lines int64 // that were done before
	bytes int64 // of the file, likewise
	told  time.Time
}

func newProgress(in *source, s *state) *progress {
	p := &progress{began: time.Now(), told: time.Now(), lines: s.Lines, bytes: in.done()}
	if s.Lines > 0 {
		fmt.Fprintf(os.Stderr, "going on behind line %d\n", s.Lines)
	}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		p.bar = progressbar.NewOptions64(max(in.size-p.bytes, -1), progressbar.OptionSetWriter(os.Stderr), progressbar.OptionShowBytes(true),
			progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
			progressbar.OptionFullWidth())
	}
	return p
}

// at tells how much of the file was read, and how many lines are done.
func (p *progress) at(in *source, s *state) {
	rate := float64(s.Lines-p.lines) / max(time.Since(p.began).Seconds(), 0.001)
	text := fmt.Sprintf("%d lines, %.0f/s, %d duplicates, %d refused", s.Lines, rate, s.Duplicates, s.Refused)
	done := in.done()
	if p.bar != nil {
		p.bar.Describe(text)
		_ = p.bar.Set64(done - p.bytes)
		return
	}
	if time.Since(p.told) < progressEvery {
		return
	}
	p.told = time.Now()
	if in.size > 0 && done > p.bytes {
		left := time.Duration(float64(time.Since(p.began)) * float64(in.size-done) / float64(done-p.bytes))
		text += fmt.Sprintf(", %d %%, about %s left", 100*done/in.size, left.Round(time.Second))
	}
	fmt.Fprintln(os.Stderr, text)
}

func (p *progress) waits(err error, pause time.Duration) {
	if p.bar != nil {
		p.bar.Describe("waiting " + pause.String())
		return
	}
	fmt.Fprintf(os.Stderr, "waiting %s: %v\n", pause, err)
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
