package port

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// held keeps the files of reserved ports open: a lock ends with its process.
var held struct {
	sync.Mutex
	files []*os.File
}

var errReserved = errors.New("the port is reserved")

// reserve keeps a port for this process until it ends, against whoever asks
// Free. Where no lock can be had, the port's TIME_WAIT has to do.
func reserve(p int) error {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("posthorn-ports-%d", os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(dir, strconv.Itoa(p)), os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		f.Close()
		return errReserved
	}
	held.Lock()
	defer held.Unlock()
	held.files = append(held.files, f)
	return nil
}
