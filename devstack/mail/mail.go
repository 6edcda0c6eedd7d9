// Package mail is an SMTP server on loopback that keeps every mail as a file:
// for development and tests. It sends nothing on, takes mail from anybody and
// knows no TLS.
package mail

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
)

// maxMail is the largest mail that is kept, in bytes.
const maxMail = 1 << 20

// Config says where mails come in and where they are kept.
type Config struct {
	Dir  string // made when missing; a mail is a file that ends in .eml
	Addr string // host:port, on loopback
}

// Server is a running SMTP server.
type Server struct {
	dir    string
	addr   string
	number atomic.Uint64
	listen net.Listener
	server *smtp.Server
	done   chan struct{}
}

// Start returns once mails can come in.
func Start(c Config) (*Server, error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	s := &Server{dir: c.Dir, addr: listener.Addr().String(), listen: listener, done: make(chan struct{})}
	s.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{server: s}, nil }))
	s.server.Domain = "localhost"
	s.server.MaxMessageBytes = maxMail
	s.server.MaxRecipients = 100
	s.server.ReadTimeout, s.server.WriteTimeout = 30*time.Second, 30*time.Second
	go func() {
		defer close(s.done)
		_ = s.server.Serve(listener) // until it is closed
	}()
	return s, nil
}

// Addr is host:port.
func (s *Server) Addr() string { return s.addr }

// URL is how Posthorn is told of the server.
func (s *Server) URL() string { return "smtp://" + s.addr + "?starttls=never" }

// Stop ends the server and what it is being told.
func (s *Server) Stop() error {
	err := s.server.Close()
	_ = s.listen.Close() // the library does not know it yet where the stop comes at once
	<-s.done
	return err
}

// session is one conversation.
type session struct{ server *Server }

func (*session) Reset()                               {}
func (*session) Logout() error                        { return nil }
func (*session) Mail(string, *smtp.MailOptions) error { return nil }
func (*session) Rcpt(string, *smtp.RcptOptions) error { return nil }

// Data keeps a mail: under its own name once it is whole.
func (t *session) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s-%04d.eml", time.Now().UTC().Format("20060102T150405.000"), t.server.number.Add(1))
	path := filepath.Join(t.server.dir, name)
	return errors.Join(os.WriteFile(path+".new", content, 0o600), os.Rename(path+".new", path))
}
