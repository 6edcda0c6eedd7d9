package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
)

// publisher is one connection that publishes events. Like sender it writes its
// requests by itself.
type publisher struct {
	connection net.Conn
	reader     *bufio.Reader
	head       string
}

func newPublisher(ctx context.Context, p *product) (poster, error) {
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", p.address)
	if err != nil {
		return nil, err
	}
	return &publisher{
		connection: connection, reader: bufio.NewReader(connection),
		head: "POST /api/v1/events HTTP/1.1\r\nHost: " + p.address + "\r\nContent-Type: application/json\r\nAuthorization: Bearer " + p.key +
			"\r\nContent-Length: ",
	}, nil
}

func (p *publisher) close() { _ = p.connection.Close() }

// post publishes an event and reads the answer.
func (p *publisher) post(id, eventType, data string) error {
	return p.send(fmt.Sprintf(`{"id":%q,"type":%q,"data":{"text":%q}}`, id, eventType, data))
}

func (p *publisher) send(body string) error {
	if _, err := fmt.Fprintf(p.connection, "%s%d\r\n\r\n%s", p.head, len(body), body); err != nil {
		return err
	}
	response, err := http.ReadResponse(p.reader, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("the answer is %s: %s", response.Status, answer)
	}
	return nil
}
