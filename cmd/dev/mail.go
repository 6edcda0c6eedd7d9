package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"posthorn/devstack/mail"
	"posthorn/devstack/port"
)

// startMail listens on the address that an earlier start chose, or on a free
// one. Each mail becomes a file.
func (e *environment) startMail() (*mail.Server, error) {
	dir := filepath.Join(e.dir, "mail")
	err := errors.New("no address yet")
	var server *mail.Server
	if e.kept.Mail != "" {
		server, err = mail.Start(mail.Config{Dir: dir, Addr: e.kept.Mail})
	}
	if err != nil {
		free, err := port.Free()
		if err != nil {
			return nil, err
		}
		if server, err = mail.Start(mail.Config{Dir: dir, Addr: fmt.Sprintf("127.0.0.1:%d", free)}); err != nil {
			return nil, err
		}
	}
	e.config.SMTPURL, e.kept.Mail = server.URL(), server.Addr()
	if err := e.save(); err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	return server, nil
}
