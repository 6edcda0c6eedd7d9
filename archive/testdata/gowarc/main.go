// Reads a WARC file with gowarc, an implementation that is not ours, and fails
// where it finds anything wrong: go run . FILE
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/nlnwa/gowarc"
)

func main() {
	if err := read(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(name string) error {
	file, err := gowarc.NewWarcFileReader(name, 0, gowarc.WithStrictValidation())
	if err != nil {
		return err
	}
	defer file.Close()
	for {
		record, offset, validation, err := file.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("record at %d: %w", offset, err)
		}
		if err := record.ValidateDigest(validation); err != nil {
			return fmt.Errorf("record at %d: %w", offset, err)
		}
		if !validation.Valid() {
			return fmt.Errorf("record at %d: %s", offset, validation)
		}
		fmt.Println(offset, record.Type(), record.WarcHeader().Get(gowarc.WarcRecordID))
		if err := record.Close(); err != nil {
			return err
		}
	}
}
