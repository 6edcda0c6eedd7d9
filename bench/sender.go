package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// sender is one connection of a producer. It writes requests by itself, as
// load should cost little beside what it loads.
type sender struct {
	connection net.Conn
	reader     *bufio.Reader
	head       string // of each request
	body       int    // bytes
	prefix     string // of external ids
	sent       int
}

func newSender(ctx context.Context, s *server, body int) (*sender, error) {
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", s.address)
	if err != nil {
		return nil, err
	}
	return &sender{
		connection: connection, reader: bufio.NewReader(connection), body: body, prefix: rand.Text(),
		head: "POST /webhooks/incoming/in/" + s.endpoint.Token + " HTTP/1.1\r\nHost: " + s.address +
			"\r\nContent-Type: application/json\r\nAuthorization: Bearer " + s.endpoint.Keys[0].Secret.Reveal() + "\r\nContent-Length: ",
	}, nil
}

func (s *sender) close() { _ = s.connection.Close() }

// send sends a message and reads its answer.
func (s *sender) send() error {
	s.sent++
	body := message(fmt.Sprintf("%s-%d", s.prefix, s.sent), s.body)
	if _, err := fmt.Fprintf(s.connection, "%s%d\r\n\r\n%s", s.head, len(body), body); err != nil {
		return err
	}
	response, err := http.ReadResponse(s.reader, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the answer is %s: %s", response.Status, answer)
	}
	return nil
}

// message is a message of a size, in bytes.
func message(externalID string, size int) string {
	const form = `{"external_id":"%s","occurred_at":"2026-01-02T15:04:05Z","from":"ann@example.com","to":"support@example.com","attachments":[],"body":"%s"}`
	rest := size - len(form) + len("%s%s") - len(externalID)
	return fmt.Sprintf(form, externalID, strings.Repeat("lorem ipsum ", max(rest, 0)/12+1)[:max(rest, 0)])
}
