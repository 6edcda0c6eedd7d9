package main

// exit is an error that ends the command with a code of its own.
type exit struct {
	code int
	error
}

// ExitCode is the process's.
func (e exit) ExitCode() int { return e.code }

func (e exit) Unwrap() error { return e.error }
