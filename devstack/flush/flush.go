// Package flush writes a whole file system's changes to disk. For many small
// files that is one wait instead of one for each.
package flush

import "os"

// Dir returns when everything that was written to the directory's file system
// before the call is on disk.
func Dir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return File(f)
}
