// Package port finds TCP ports on 127.0.0.1 that nobody else uses. Which
// ports a stack keeps from one start to the next is not decided here.
package port

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"syscall"
)

// The ports lie below the range from which Linux and macOS take the local
// end of outgoing connections, so a port found today is rarely in the way of
// a connection when it is used again tomorrow.
const (
	lowest  = 20000
	highest = 32000
	tries   = 200
)

// Free returns a port that is free now and that no other caller of Free, in
// this process or another of the same user, is given while this process lives,
// nor any other user's within the next minute.
//
// The port is left in TIME_WAIT: a server, which listens with SO_REUSEADDR,
// can take it, but Free, which probes without, cannot find it again.
func Free() (int, error) {
	for range tries {
		p := lowest + rand.IntN(highest-lowest)
		if claim(p) == nil && reserve(p) == nil {
			return p, nil
		}
	}
	return 0, fmt.Errorf("none of %d ports between %d and %d on 127.0.0.1 is free", tries, lowest, highest)
}

// Check says whether a server can listen on the address host:port.
func Check(addr string) error {
	l, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is used by another program", addr)
	case err != nil:
		return fmt.Errorf("%s cannot be listened on: %w", addr, err)
	}
	return l.Close()
}

// claim listens on the port as its only user, connects to itself and closes
// the accepting side first: that side's socket is what stays in TIME_WAIT.
// The listener is bound without SO_REUSEADDR, so that it cannot share the
// port, and given the option afterwards, so that the accepted socket inherits
// it: the kernel lets two sockets share a port only where both have it.
func claim(p int) error {
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return setReuse(c, 0)
	}}
	l, err := lc.Listen(context.Background(), "tcp", fmt.Sprintf("127.0.0.1:%d", p))
	if err != nil {
		return err
	}
	defer l.Close()
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		return err
	}
	if err := setReuse(raw, 1); err != nil {
		return err
	}

	caller, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		return err
	}
	defer caller.Close()
	accepted, err := l.Accept()
	if err != nil {
		return err
	}
	if err := accepted.Close(); err != nil {
		return err
	}
	// The caller sees the end before it closes, so the order is certain.
	_, _ = caller.Read(make([]byte, 1))
	return nil
}

func setReuse(c syscall.RawConn, value int) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, value)
	})
	return errors.Join(err, failed)
}
