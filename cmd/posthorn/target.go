package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"posthorn/client"
)

// target is the inbound endpoint that a command sends to.
type target struct {
	Endpoint string `required:"" env:"POSTHORN_ENDPOINT" placeholder:"URL|ID" help:"The endpoint's URL; or its id, with --key."`
	Secret   string `required:"" env:"POSTHORN_SECRET" placeholder:"SECRET" help:"The endpoint's secret. Better in the environment: others see a command's flags."`
	HMAC     bool   `name:"hmac" help:"Sign the body instead of sending the secret. With --key the endpoint says itself how."`
	Key      string `env:"POSTHORN_KEY" placeholder:"KEY" help:"An API key: it lets an endpoint be named by its id, and a message be followed to its deliveries."`
	Server   string `env:"POSTHORN_URL" placeholder:"URL" help:"The gateway, where it is not that of the endpoint's URL."`
}

// open returns a sender to the endpoint and, with a key, a client.
func (t *target) open(ctx context.Context) (*client.Sender, *client.Client, error) {
	if isID := !strings.Contains(t.Endpoint, "/"); isID && (t.Key == "" || t.Server == "") {
		return nil, nil, errors.New("an endpoint is named by its id together with --key and --server; or give its whole URL")
	}
	c, err := t.client()
	if err != nil {
		return nil, nil, err
	}
	if c != nil {
		e, err := t.find(ctx, c)
		if err != nil {
			return nil, nil, err
		}
		return e.Sender(t.Secret, client.UserAgent("posthorn")), c, nil
	}
	if t.HMAC {
		return client.NewSigningSender(t.Endpoint, t.Secret, client.Signature{}, client.UserAgent("posthorn")), nil, nil
	}
	return client.NewSender(t.Endpoint, t.Secret, client.UserAgent("posthorn")), nil, nil
}

func (t *target) client() (*client.Client, error) {
	if t.Key == "" {
		return nil, nil
	}
	server := t.Server
	if server == "" {
		u, err := url.Parse(t.Endpoint)
		if err != nil {
			return nil, fmt.Errorf("the endpoint's URL: %w", err)
		}
		server = u.Scheme + "://" + u.Host
	}
	return client.New(server, t.Key, client.UserAgent("posthorn"))
}

// find asks for the endpoint. What was given as a URL is sent to as given: the
// gateway's own idea of it may not be reachable from here.
func (t *target) find(ctx context.Context, c *client.Client) (client.Endpoint, error) {
	if !strings.Contains(t.Endpoint, "/") {
		return c.Endpoint(ctx, t.Endpoint)
	}
	token := t.Endpoint[strings.LastIndexByte(t.Endpoint, '/')+1:]
	for e, err := range c.Endpoints(ctx) {
		if err != nil {
			return e, err
		}
		if e.Token == token {
			e.URL = t.Endpoint
			return e, nil
		}
	}
	return client.Endpoint{}, errors.New("the key's tenant has no such endpoint")
}
