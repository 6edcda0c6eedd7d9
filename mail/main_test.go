package mail_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a real SMTP server on loopback.
type server struct {
	addr  string
	roots *x509.CertPool
	user  string // with password "a+b/c:@"; "" takes anybody
	// reply is what a recipient gets, where not nil.
	reply func(to string) error

	mu    sync.Mutex
	mails []received
}

type received struct {
	from, to, text string
	tls            bool
}

// serve starts a server: with TLS from the start, after STARTTLS, or without.
func serve(t *testing.T, encryption string, change func(*server)) *server {
	t.Helper()
	s := &server{}
	if change != nil {
		change(s)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.addr = listener.Addr().String()
	certified := httptest.NewTLSServer(nil)
	t.Cleanup(certified.Close)
	s.roots = x509.NewCertPool()
	s.roots.AddCert(certified.Certificate())
	config := &tls.Config{Certificates: certified.TLS.Certificates, MinVersion: tls.VersionTLS12}

	running := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{server: s, conn: c}, nil }))
	switch encryption {
	case "tls":
		listener = tls.NewListener(listener, config)
	case "starttls":
		running.TLSConfig = config
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = running.Serve(listener) // until it is closed
	}()
	t.Cleanup(func() {
		_ = running.Close()
		_ = listener.Close() // the library may not know it yet
		<-done
	})
	return s
}

func (s *server) received() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received{}, s.mails...)
}

type session struct {
	server *server
	conn   *smtp.Conn
	authed bool
	mail   received
}

func (s *session) Reset()        { s.mail = received{} }
func (s *session) Logout() error { return nil }

func (s *session) AuthMechanisms() []string {
	if s.server.user == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.server.user || password != "a+b/c:@" {
			return errors.New("no")
		}
		s.authed = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.user != "" && !s.authed {
		return smtp.ErrAuthRequired
	}
	_, encrypted := s.conn.TLSConnectionState()
	s.mail = received{from: from, tls: encrypted}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.to = to
	if s.server.reply != nil {
		return s.server.reply(to)
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mail.text = string(text)
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mails = append(s.server.mails, s.mail)
	return nil
}
