package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
)

// sender is one connection of a producer.
type sender struct {
	*wire

	body   int    // bytes
	prefix string // of external ids
	sent   int
}

func newSender(ctx context.Context, s *server, body int) (*sender, error) {
	w, err := dial(ctx, s.address, "/webhooks/incoming/in/"+s.endpoint.Token, s.endpoint.Keys[0].Secret.Reveal(), http.StatusOK)
	if err != nil {
		return nil, err
	}
	return &sender{wire: w, body: body, prefix: rand.Text()}, nil
}

// next sends the next message.
func (s *sender) next() error {
	s.sent++
	return s.send(message(fmt.Sprintf("%s-%d", s.prefix, s.sent), s.body))
}

// message is a message of a size, in bytes.
func message(externalID string, size int) string {
	const form = `{"external_id":"%s","occurred_at":"2026-01-02T15:04:05Z","from":"ann@example.com","to":"support@example.com","attachments":[],"body":"%s"}`
	rest := size - len(form) + len("%s%s") - len(externalID)
	return fmt.Sprintf(form, externalID, strings.Repeat("lorem ipsum ", max(rest, 0)/12+1)[:max(rest, 0)])
}
