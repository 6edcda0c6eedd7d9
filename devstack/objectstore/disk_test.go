package objectstore

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func TestWritersShareFlushes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		d, err := openDisk(dir)
		require.NoError(t, err)
		var flushes atomic.Int32
		busy := make(chan struct{})
		d.flush = func(*os.File) error {
			flushes.Add(1)
			<-busy
			return nil
		}
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if err := d.sync(); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait() // all but the first find a flush under way
		}
		close(busy)
		wg.Wait()
		require.EqualValues(t, 2, flushes.Load(), "the first writer's flush, and one for all that came during it")
		d.close()
	})
}

func TestEveryWriterHearsOfFailedFlush(t *testing.T) {
	t.Parallel()
	d, err := openDisk(t.TempDir())
	require.NoError(t, err)
	full := errors.New("disk full")
	d.flush = func(*os.File) error { return full }
	require.ErrorIs(t, d.sync(), full)
	d.close()
	require.ErrorIs(t, d.sync(), errClosed)
}
