package store

import (
	"time"

	"posthorn/hook"
)

// Page asks for one page of a list, newest first.
type Page struct {
	Limit  int     // rows
	Before hook.ID // only what is older than this id; zero: from the newest
}

// last is an id above all others.
var last = hook.ID{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

func (p Page) before() hook.ID {
	if p.Before == (hook.ID{}) {
		return last
	}
	return p.Before
}

// firstID is the smallest UUIDv7 of a time: ids are compared with it where
// times are meant. A time that no id can carry becomes the nearest that one can.
func firstID(t time.Time) (id hook.ID) {
	ms := min(max(t.UnixMilli(), 0), 1<<48-1)
	for i := 5; i >= 0; i-- {
		id[i] = byte(ms)
		ms >>= 8
	}
	return id
}

// optional is a pointer to v, or nil for its zero value.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
