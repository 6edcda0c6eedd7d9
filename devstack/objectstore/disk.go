package objectstore

import (
	"errors"
	"fmt"
	"os"

	"posthorn/devstack/flush"
)

// disk flushes a file system for many writers at once: whoever asks while a
// flush is under way shares the next one.
type disk struct {
	dir     *os.File // any file of the file system
	waiting chan chan error
	flush   func(*os.File) error
	quit    chan struct{}
	ended   chan struct{}
}

var errClosed = errors.New("the object store is stopping")

func openDisk(dir string) (*disk, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("the object store's directory cannot be read: %w", err)
	}
	d := &disk{
		dir:     f,
		waiting: make(chan chan error),
		flush:   flush.File,
		quit:    make(chan struct{}),
		ended:   make(chan struct{}),
	}
	go d.run()
	return d, nil
}

// sync returns when everything written before the call is on disk.
func (d *disk) sync() error {
	flushed := make(chan error, 1)
	select {
	case d.waiting <- flushed:
		return <-flushed
	case <-d.ended:
		return errClosed
	}
}

// close ends the flushing; a sync that comes later fails.
func (d *disk) close() {
	close(d.quit)
	<-d.ended
	d.dir.Close()
}

func (d *disk) run() {
	defer close(d.ended)
	for {
		select {
		case first := <-d.waiting:
			d.flushFor(append(d.alsoWaiting(), first))
		case <-d.quit:
			return
		}
	}
}

func (d *disk) flushFor(group []chan error) {
	err := d.flush(d.dir)
	for _, flushed := range group {
		flushed <- err
	}
}

// alsoWaiting takes all who ask before the flush begins.
func (d *disk) alsoWaiting() []chan error {
	var group []chan error
	for {
		select {
		case flushed := <-d.waiting:
			group = append(group, flushed)
		default:
			return group
		}
	}
}
