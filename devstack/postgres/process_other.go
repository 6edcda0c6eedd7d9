//go:build !linux

package postgres

import "syscall"

// endWithParent is not possible here: after a SIGKILL of its parent the server
// has to be stopped by hand.
func endWithParent(*syscall.SysProcAttr) {}
