package devstack

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	lockFile        = "lock"
	credentialsFile = "credentials.json"
)

// openDir makes the directory and takes its lock, which the kernel returns
// when the process ends, however it ends. The directory is open to others
// because PostgreSQL may run as another user; what is secret in it is not.
func openDir(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("the directory %s cannot be made: %w: choose one that you may write to", dir, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("the directory %s cannot be written to: %w: choose one that you may write to", dir, err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		owner, _ := io.ReadAll(f) // unknown is better than no answer
		err = fmt.Errorf("a stack is already running in %s (process %s): stop it, or choose another directory", dir, strings.TrimSpace(string(owner)))
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = fmt.Fprintln(f, os.Getpid())
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// credentials are generated at the first start. They protect the servers from
// other users of the machine, who reach 127.0.0.1 too.
type credentials struct {
	PostgresPassword string `json:"postgres_password"`
	AccessKey        string `json:"s3_access_key"`
	SecretKey        string `json:"s3_secret_key"`
}

func keepCredentials(dir string) (credentials, error) {
	path := filepath.Join(dir, credentialsFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		c := credentials{PostgresPassword: rand.Text(), AccessKey: "posthorn", SecretKey: rand.Text()}
		text, err = json.MarshalIndent(c, "", "\t")
		if err != nil {
			return credentials{}, err
		}
		return c, writeFile(path, append(text, '\n'), 0o600)
	}
	var c credentials
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		return credentials{}, fmt.Errorf("%s cannot be read: %w: put it back, or remove the directory to start afresh", path, err)
	}
	return c, nil
}

// writeFile writes all of the file or, after a crash, none of it.
func writeFile(path string, text []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
