package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// account is the unprivileged user that the server runs as when this process
// is root, which PostgreSQL refuses to run as.
type account struct {
	uid, gid uint32
}

// lookupAccount takes the user that packages of PostgreSQL make, else the one
// that every system has.
func lookupAccount() (account, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(errUID, errGID); err != nil {
			return account{}, fmt.Errorf("user %s has no numeric id: %w", name, err)
		}
		return account{uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return account{}, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody: make one, or start as another user")
}

// reaches tries it out, because no reading of mode bits knows about access
// control lists and mounts.
func (a account) reaches(dir string) bool {
	cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", ":")
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: a.credential()}
	return cmd.Run() == nil
}

func (a account) credential() *syscall.Credential {
	return &syscall.Credential{Uid: a.uid, Gid: a.gid}
}

// own gives a file to the server's user; it does nothing when that is us.
func (h home) own(path string) error {
	if h.account == nil {
		return nil
	}
	return os.Lchown(path, int(h.account.uid), int(h.account.gid))
}

// command is a program run as the server's user.
func (h home) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = h.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if h.account != nil {
		cmd.SysProcAttr.Credential = h.account.credential()
	}
	return cmd
}
