package main

import (
	"fmt"
	"os"

	"posthorn/keyset"
)

type keysetCommand struct {
	Generate keysetGenerate `cmd:"" help:"Print a new keyset. Keep it as safe as the database: without it no secret can be read."`
	Rotate   keysetRotate   `cmd:"" help:"Print a keyset with a new key added, which encrypts from now on."`
}

type keysetGenerate struct{}

func (keysetGenerate) Run() error {
	data, err := keyset.Generate()
	if err != nil {
		return err
	}
	fmt.Println(string(data))
	return nil
}

type keysetRotate struct {
	File string `arg:"" type:"existingfile" help:"The keyset in use."`
}

func (c keysetRotate) Run() error {
	data, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	if data, err = keyset.Rotate(data); err != nil {
		return err
	}
	fmt.Println(string(data))
	return nil
}
