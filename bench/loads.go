package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// loads are closed loops and open ones, one after another, under settings of
// dispatch.
type loads struct {
	Dispatch []string `default:"adaptive,workflow" enum:"adaptive,workflow" help:"Settings of POSTHORN_DISPATCH to measure; workflow with the last of the closed loops and the first of the open ones."`
	Loops    []int    `default:"32,64" help:"Those who post in a closed loop: each posts again when its event has come."`
	Rates    []int    `default:"50,100,200,400,800" help:"Events a second of the open loops."`
	Deleted  int      `default:"300" help:"Workflows to delete after those of the setting workflow, to see what the end of their retention costs; 0: none."`

	kind string // what tells these loads from others of the scenario
}

// load is one of them.
type load struct{ loops, rate int }

func (o load) name() string {
	if o.rate > 0 {
		return strconv.Itoa(o.rate) + "/s"
	}
	return "closed " + strconv.Itoa(o.loops)
}

func (o load) run(l *loader) func(context.Context, time.Duration) error {
	return func(ctx context.Context, window time.Duration) error {
		if o.rate > 0 {
			return l.open(ctx, o.rate, window)
		}
		return l.closed(ctx, o.loops, window)
	}
}

// workflow is the setting under which each delivery has a workflow.
const workflow = "workflow"

// plan are the loads under a setting.
func (c *loads) plan(dispatch string) (list []load) {
	loops, rates := c.Loops, c.Rates
	if dispatch == workflow {
		loops, rates = loops[max(len(loops)-1, 0):], rates[:min(1, len(rates))]
	}
	for _, n := range loops {
		list = append(list, load{loops: n})
	}
	for _, n := range rates {
		list = append(list, load{rate: n})
	}
	return list
}

// run measures all loads under all settings, each with a loader over a new
// product.
func (c *loads) run(ctx context.Context, b *bench, prepare func(context.Context, *product) (*loader, error)) error {
	for _, dispatch := range c.Dispatch {
		if err := c.under(ctx, b, dispatch, prepare); err != nil {
			return fmt.Errorf("%s: %w", dispatch, err)
		}
	}
	return nil
}

func (c *loads) under(ctx context.Context, b *bench, dispatch string, prepare func(context.Context, *product) (*loader, error)) error {
	p, err := b.start(ctx, dispatch)
	if err != nil {
		return err
	}
	defer p.stop()
	l, err := prepare(ctx, p)
	if err != nil {
		return err
	}
	if err := l.subscribe(ctx); err != nil {
		return err
	}
	var list []result
	for _, o := range c.plan(dispatch) {
		r, err := l.watched(ctx, o.name()+c.kind, o.run(l))
		if err != nil {
			return err
		}
		list = append(list, r)
	}
	if dispatch == workflow && c.Deleted > 0 {
		ms, err := p.deletion(ctx, c.Deleted, l.posted.Load())
		if err != nil {
			return err
		}
		for i := range list {
			list[i].CPU = append(slices.Clone(list[i].CPU), figure{Name: "deletion", Value: ms, Unit: "ms"})
		}
	}
	for _, r := range list {
		b.report(r)
	}
	return nil
}
