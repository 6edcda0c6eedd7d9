//go:build unix && !linux

package flush

import (
	"os"
	"syscall"
)

// File is Dir for an open file or directory. It flushes every file system
// there is, for want of a call that does it for one.
func File(*os.File) error {
	syscall.Sync()
	return nil
}
