package port_test

import (
	"fmt"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/devstack/port"
)

func TestFreeGivesEachCallerItsOwnPort(t *testing.T) {
	t.Parallel()
	const callers, each = 8, 10
	var (
		mu   sync.Mutex
		seen = map[int]bool{}
		wg   sync.WaitGroup
	)
	for range callers {
		wg.Go(func() {
			for range each {
				p, err := port.Free()
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if seen[p] {
					t.Errorf("port %d was given twice", p)
				}
				seen[p] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Len(t, seen, callers*each)
}

func TestServerCanListenOnFreePortAtOnce(t *testing.T) {
	t.Parallel()
	for range 20 {
		p, err := port.Free()
		require.NoError(t, err)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", p))
		require.NoError(t, err)
		require.NoError(t, l.Close())
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.EqualError(t, port.Check(addr), addr+" is used by another program")
	require.NoError(t, l.Close())
	require.NoError(t, port.Check(addr))
	require.ErrorContains(t, port.Check("127.0.0.1:notaport"), "cannot be listened on")
}
