package archive_test

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/archive"
	"posthorn/hook"
)

// BenchmarkPutRecord is what archiving a small message costs, the store's own
// work included: it runs in this process.
func BenchmarkPutRecord(b *testing.B) {
	s, until := setup(b), tomorrow()
	var n atomic.Int64
	b.SetParallelism(16)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			m := message(n.Add(1))
			m.ID = hook.NewID()
			record, err := archive.NewRecord(m)
			if err == nil {
				_, err = s.PutRecord(b.Context(), key(m), record, until)
			}
			if err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "puts/s")
}

func BenchmarkNewRecord(b *testing.B) {
	m := message(1)
	b.ReportAllocs()
	for b.Loop() {
		_, err := archive.NewRecord(m)
		require.NoError(b, err)
	}
}

func BenchmarkParseRecord(b *testing.B) {
	record := seal(b, message(1))
	b.ReportAllocs()
	for b.Loop() {
		parse(b, record.Bytes)
	}
}
