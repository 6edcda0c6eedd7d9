package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"posthorn/simulate"
)

// certificates takes the file that was named. Where none was, it makes one at
// the first start, with the private key behind the certificate: what 'posthorn
// simulate ses' signs with it is believed here, and nowhere else.
func (e *environment) certificates(named string) error {
	e.snsCerts = filepath.Join(e.dir, "sns-certs.json")
	if named != "" && named != e.snsCerts { // dev.env of an earlier start may name ours
		e.snsCerts = named
		return nil
	}
	if _, err := os.Stat(e.snsCerts); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	certificate, err := simulate.NewCertificate()
	if err != nil {
		return err
	}
	content, err := certificate.File()
	if err != nil {
		return err
	}
	return os.WriteFile(e.snsCerts, content, 0o600)
}
