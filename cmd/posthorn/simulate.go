package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"posthorn/client"
	"posthorn/simulate"
)

type simulateCommand struct {
	Provider string `arg:"" optional:"" help:"Whose callback: see --list."`
	Kind     string `short:"k" placeholder:"NAME" help:"What is reported, such as bounced or received; the provider's first kind if left out."`
	Scheme   string `placeholder:"NAME" help:"How it is signed, where the provider has several ways."`
	List     bool   `short:"l" help:"List the providers, or one's kinds and schemes."`

	Endpoint   string        `short:"e" placeholder:"ID" help:"Send to this endpoint; left out, one is made for it, once."`
	Secret     string        `env:"POSTHORN_SIMULATE_SECRET" placeholder:"TEXT" help:"The endpoint's secret, which the API does not show; better in the environment, since other users see flags. A private key in PEM for sendgrid; a JSON object sets several keys of provider_config."`
	SecretFile string        `name:"secret-file" placeholder:"FILE" help:"A file with the secret; - for standard input."`
	SNSCerts   string        `name:"sns-certs" env:"POSTHORN_SNS_CERTS" placeholder:"FILE" help:"Certificates of SNS with their private keys; the development stack writes one."`
	MediaURL   string        `name:"media-url" placeholder:"URL" help:"The file of a kind with media; left out, a picture is served from here if Posthorn runs on this machine."`
	Wait       time.Duration `default:"30s" help:"How long to wait for the archive and the deliveries."`

	URL    string `name:"url" env:"POSTHORN_URL" placeholder:"URL" help:"Where the API is reached."`
	APIKey string `name:"api-key" env:"POSTHORN_API_KEY" placeholder:"KEY" help:"An API key of the tenant: admin, or operator with --endpoint."`
}

const simulateHelp = `Send an endpoint a callback that is signed as the provider signs it, without an account there, and show what became of it:
the message, its record in the archive, its events and their deliveries.

  posthorn simulate --list
  posthorn simulate twilio-whatsapp --kind received
  posthorn simulate mailgun --kind bounced --endpoint 0198c6a4-… --secret-file signing-key.txt

Where POSTHORN_URL and POSTHORN_API_KEY come from dev.env, that is the development stack.

It ends with 0 if the callback became the events that it should and all deliveries succeeded, with 2 if Posthorn refused it, with 3 if it
was taken and something after that failed or took longer than --wait, and with 1 where it could not be sent at all.`

// Help is shown by --help.
func (*simulateCommand) Help() string { return simulateHelp }

// The codes that a simulation ends with, beside 0 and 1.
const (
	exitRefused  = 2
	exitUnfinish = 3
)

func (c *simulateCommand) Run(ctx context.Context) error {
	switch {
	case c.List:
		return c.list()
	case c.Provider == "":
		return errors.New("say whose callback, such as 'posthorn simulate twilio-sms'; 'posthorn simulate --list' names all")
	case c.URL == "" || c.APIKey == "":
		return errors.New("POSTHORN_URL and POSTHORN_API_KEY must be set; for the development stack: set -a; . .posthorn/dev.env; set +a")
	}
	api, err := client.New(c.URL, c.APIKey, client.UserAgent("posthorn-simulate"))
	if err != nil {
		return err
	}
	target, endpoint, err := c.target(ctx, api)
	if err != nil {
		return c.reached(err)
	}
	stop, err := c.serveMedia(ctx, &target)
	if err != nil {
		return err
	}
	defer stop()
	callback, err := simulate.Make(c.Provider, c.Kind, target)
	if err != nil {
		return err
	}
	if err := c.send(ctx, api, endpoint, callback); err != nil {
		return c.reached(err)
	}
	f := follower{api: api, base: strings.TrimSuffix(c.URL, "/"), endpoint: endpoint, callback: callback}
	return f.run(ctx, c.Wait)
}

// reached says what to do where there is no connection.
func (c *simulateCommand) reached(err error) error {
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("%w; is Posthorn running at %s? 'go run ./cmd/dev' starts the development stack", err, c.URL)
	}
	return err
}
