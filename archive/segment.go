package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"posthorn/hook"
)

// Bounds of a segment, which is made, and read again by a retry, in memory.
const (
	MaxSegment     = 256      // messages
	MaxSegmentBody = 32 << 10 // bytes of the body of each
)

// Segment is the records of several messages, one after another.
type Segment struct {
	Record

	Lengths []int64 // of each message's record in Bytes, in bytes
}

// NewSegment writes the records of messages one after another, each with the
// same bytes that NewRecord makes of it. Like that it is a pure function.
func NewSegment(list []*hook.Message) (Segment, error) {
	w := newWriter()
	var s Segment
	for _, m := range list {
		begin := w.packed.Len()
		if err := w.message(m); err != nil {
			return Segment{}, err
		}
		s.Lengths = append(s.Lengths, int64(w.packed.Len()-begin))
	}
	s.Record = w.record()
	return s, nil
}

// PutSegment puts a segment as PutRecord does a record, and says how long the
// messages' records in it are: where it was there before, another version of
// Posthorn may have written them in other words, or another compressor.
func (a *Archive) PutSegment(ctx context.Context, key string, s Segment, retain time.Time) (hook.Object, []int64, error) {
	l, there, err := a.putWARC(ctx, key, s.Record, retain)
	if err != nil || there == nil {
		return l.Object, s.Lengths, err
	}
	packed, err := a.read(ctx, l)
	if err != nil {
		return hook.Object{}, nil, err
	}
	lengths, err := sameSegment(packed, s.Bytes)
	if err != nil {
		return hook.Object{}, nil, a.wrap("put "+key+" into", errors.Join(ErrConflict, err))
	}
	return l.Object, lengths, a.extend(ctx, key, *there, retain)
}

// sameSegment returns how long the records of a segment are that holds the same
// messages as another.
func sameSegment(packed, other []byte) ([]int64, error) {
	there, lengths, err := ParseSegment(packed)
	if err != nil {
		return nil, err
	}
	wanted, _, err := ParseSegment(other)
	if err != nil {
		return nil, err
	}
	if len(there) != len(wanted) {
		return nil, fmt.Errorf("it has %d messages, not %d", len(there), len(wanted))
	}
	for i := range there {
		if !there[i].same(wanted[i]) {
			return nil, fmt.Errorf("it has another message as its %d", i)
		}
	}
	return lengths, nil
}

// ParseSegment reads a whole segment, as ParseRecord does a record, and says how
// long each message's record is, in bytes.
func ParseSegment(packed []byte) (list []*Contents, lengths []int64, err error) {
	for rest := bytes.NewReader(packed); rest.Len() > 0; {
		begin := rest.Len()
		c, err := parse(rest)
		if err != nil {
			return nil, nil, err
		}
		list, lengths = append(list, c), append(lengths, int64(begin-rest.Len()))
	}
	return list, lengths, nil
}
