// Package mail tells people by mail that a webhook fails: it writes the mail
// and hands it to the operator's SMTP server. To whom one is sent, when, and
// how often it is tried again is decided elsewhere.
package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Config says how mail leaves.
type Config struct {
	// URL is smtp://user:password@host:port, which goes over to TLS (STARTTLS),
	// or smtps:// for TLS from the start. ?starttls=opportunistic or =never
	// takes a server that cannot; a password is sent over TLS only.
	URL  string
	From string // the sender: an address, with a name or without
}

// timeout bounds each step of a conversation with the SMTP server.
const timeout = 15 * time.Second

// Sender sends mail through one SMTP server.
type Sender struct {
	host    string
	from    netmail.Address
	options []gomail.Option
}

// New reads the configuration; it does not connect yet. An error does not
// repeat the URL, which may hold a password.
func New(c Config) (*Sender, error) {
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return nil, errors.New("the sender must be an email address such as posthorn@example.com")
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("must be a URL such as smtp://user:password@mail.example.com:587")
	}
	s := &Sender{host: u.Hostname(), from: *from, options: []gomail.Option{gomail.WithTimeout(timeout)}}
	policy, err := s.encryption(u)
	if err != nil {
		return nil, err
	}
	if err := s.port(u); err != nil {
		return nil, err
	}
	if password, ok := u.User.Password(); u.User != nil {
		if !ok || policy != gomail.TLSMandatory {
			return nil, errors.New("must have a user and a password, which are sent over TLS only: leave starttls out")
		}
		s.options = append(s.options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	return s, nil
}

func (s *Sender) encryption(u *url.URL) (gomail.TLSPolicy, error) {
	s.options = append(s.options, gomail.WithTLSConfig(&tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}))
	if u.Scheme == "smtps" {
		s.options = append(s.options, gomail.WithSSL())
		return gomail.TLSMandatory, nil
	}
	policies := map[string]gomail.TLSPolicy{
		"": gomail.TLSMandatory, "required": gomail.TLSMandatory, "opportunistic": gomail.TLSOpportunistic, "never": gomail.NoTLS,
	}
	policy, ok := policies[u.Query().Get("starttls")]
	if !ok {
		return policy, errors.New("starttls must be required, opportunistic or never")
	}
	s.options = append(s.options, gomail.WithTLSPolicy(policy))
	return policy, nil
}

func (s *Sender) port(u *url.URL) error {
	port := map[string]int{"smtp": 587, "smtps": 465}[u.Scheme]
	if u.Port() != "" {
		var err error
		if port, err = strconv.Atoi(u.Port()); err != nil || port < 1 || port > 65535 {
			return errors.New("the port must be 1 to 65535")
		}
	}
	s.options = append(s.options, gomail.WithPort(port))
	return nil
}

// Message is a mail to one person.
type Message struct {
	ID      string // before the @ of the Message-ID: a mail that is sent twice is one
	To      string
	Subject string
	Text    string
	HTML    string
}

// RefusedError is a mail that the server will never take.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return "mail: " + e.Reason }

// Send hands a message to the server. A *RefusedError is for good; after any
// other error it may be tried again.
func (s *Sender) Send(ctx context.Context, m Message) error {
	mail, err := s.compose(m)
	if err != nil {
		return &RefusedError{Reason: err.Error()}
	}
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	err = client.DialAndSendWithContext(ctx, mail)
	if err == nil || mail.IsDelivered() {
		return nil // what follows the server's yes does not matter
	}
	// The library's error for a sent command names its reply's code; without
	// one it was the connection, or the sign-in, which an operator can mend.
	if sent, ok := errors.AsType[*gomail.SendError](err); ok && sent.ErrorCode() >= 500 && !sent.IsTemp() {
		return &RefusedError{Reason: fmt.Sprintf("the mail server refused it with %d", sent.ErrorCode())}
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return fmt.Errorf("mail: the SMTP server cannot be reached: %w", err)
	}
	return fmt.Errorf("mail: %w", err)
}

// compose refuses what could end a header: the library encodes such text too.
func (s *Sender) compose(m Message) (*gomail.Msg, error) {
	to, err := netmail.ParseAddress(m.To)
	if err != nil || strings.ContainsAny(m.ID+m.Subject, "\r\n\x00") {
		return nil, errors.New("the recipient, the subject or the id cannot stand in a mail")
	}
	mail := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	mail.FromMailAddress(&s.from)
	mail.AddToMailAddress(to)
	mail.Subject(m.Subject)
	mail.SetMessageIDWithValue(m.ID + "@" + s.from.Address[strings.LastIndexByte(s.from.Address, '@')+1:])
	mail.SetDate()
	mail.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office replies
	mail.SetBodyString(gomail.TypeTextPlain, m.Text)
	mail.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return mail, nil
}
