package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
)

// wire is one connection that posts JSON. It writes requests by itself, as load
// should cost little beside what it loads.
type wire struct {
	connection net.Conn
	reader     *bufio.Reader
	head       string // of each request
	want       int    // the status that every answer must have
}

func dial(ctx context.Context, address, path, secret string, want int) (*wire, error) {
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &wire{
		connection: connection, reader: bufio.NewReader(connection), want: want,
		head: "POST " + path + " HTTP/1.1\r\nHost: " + address + "\r\nContent-Type: application/json\r\nAuthorization: Bearer " + secret +
			"\r\nContent-Length: ",
	}, nil
}

func (w *wire) close() { _ = w.connection.Close() }

// send posts a body and reads the answer.
func (w *wire) send(body string) error {
	if _, err := fmt.Fprintf(w.connection, "%s%d\r\n\r\n%s", w.head, len(body), body); err != nil {
		return err
	}
	response, err := http.ReadResponse(w.reader, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != w.want {
		return fmt.Errorf("the answer is %s: %s", response.Status, answer)
	}
	return nil
}
