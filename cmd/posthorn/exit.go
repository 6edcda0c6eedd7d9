package main

import (
	"mime"
	"os"
	"path/filepath"

	"posthorn/client"
)

// exit is an error that ends the command with a code of its own.
type exit struct {
	code int
	error
}

// ExitCode is the process's.
func (e exit) ExitCode() int { return e.code }

func (e exit) Unwrap() error { return e.error }

// attachment is a file that is sent within a message.
func attachment(path string) (client.NewAttachment, error) {
	content, err := os.ReadFile(path)
	return client.NewAttachment{
		Filename: filepath.Base(path), ContentType: mime.TypeByExtension(filepath.Ext(path)), Content: content,
	}, err
}
