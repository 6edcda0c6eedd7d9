package main

import (
	"mime"
	"os"
	"path/filepath"

	"posthorn/client"
)

// attachment is a file that is sent within a message.
func attachment(path string) (client.NewAttachment, error) {
	content, err := os.ReadFile(path)
	return client.NewAttachment{
		Filename: filepath.Base(path), ContentType: mime.TypeByExtension(filepath.Ext(path)), Content: content,
	}, err
}
