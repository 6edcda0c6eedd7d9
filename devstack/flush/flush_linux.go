package flush

import (
	"os"

	"golang.org/x/sys/unix"
)

// File is Dir for an open file or directory.
func File(f *os.File) error {
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		return os.NewSyscallError("syncfs", err)
	}
	return nil
}
