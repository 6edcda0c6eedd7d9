package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// home is where a server's files lie and who it runs as.
type home struct {
	dir     string // holds data and, when downloaded, the binaries
	data    string
	log     string
	account *account // nil: the user of this process
}

// dataName is the directory's name below a home. Where the data had to go
// elsewhere it is a symbolic link to them, so whoever deletes Config.Dir
// deletes the link with it and starts afresh.
const dataName = "data"

// openHome decides where the data are. Ordinarily that is Config.Dir; when
// the server must run as another user who cannot reach it (below a home
// directory that is closed to others), it is a directory of that user's own.
func openHome(cfg Config) (home, error) {
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil {
		return home{}, fmt.Errorf("the PostgreSQL directory cannot be made: %w", err)
	}
	h := home{
		dir:  cfg.Dir,
		data: filepath.Join(cfg.Dir, dataName),
		log:  filepath.Join(cfg.Dir, "postgres.log"),
	}
	info, err := os.Stat(h.data)
	if err == nil {
		return h.existing(info)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return home{}, fmt.Errorf("the PostgreSQL data cannot be reached: %w", err)
	}
	// What is left by that name is a link to data that are gone.
	if err := os.Remove(h.data); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return home{}, err
	}
	if os.Geteuid() != 0 {
		return h, nil
	}
	a, err := lookupAccount()
	if err != nil {
		return home{}, err
	}
	h.account = &a
	if a.reaches(cfg.Dir) {
		return h, nil
	}
	return h.elsewhere(cfg)
}

// existing is a home that has been used before: the server runs as the owner
// of its data, whoever that was.
func (h home) existing(info fs.FileInfo) (home, error) {
	data, err := filepath.EvalSymlinks(h.data)
	if err != nil {
		return home{}, err
	}
	h.data, h.dir = data, filepath.Dir(data)
	owner := info.Sys().(*syscall.Stat_t)
	euid := os.Geteuid()
	switch {
	case int(owner.Uid) == euid && euid != 0:
		return h, nil
	case euid != 0:
		return home{}, fmt.Errorf("the PostgreSQL data in %s belong to user %d, and you are user %d: start as that user, or as root, or remove the directory", data, owner.Uid, euid)
	case owner.Uid == 0:
		return home{}, fmt.Errorf("the PostgreSQL data in %s belong to root, as which PostgreSQL does not run: chown the directory to the user postgres, or remove it", data)
	}
	h.account = &account{uid: owner.Uid, gid: owner.Gid}
	return h, nil
}

// shelter is where data go that the server's user could not reach in
// Config.Dir.
const shelter = "/var/lib/posthorn"

func (h home) elsewhere(cfg Config) (home, error) {
	sum := sha256.Sum256([]byte(cfg.Dir))
	h.dir = filepath.Join(shelter, hex.EncodeToString(sum[:6]))
	h.data = filepath.Join(h.dir, dataName)
	if !h.account.reaches(filepath.Dir(shelter)) {
		return home{}, fmt.Errorf("user %d, as which PostgreSQL runs because you are root, reaches neither %s nor %s: choose a directory that it can reach, or start as another user", h.account.uid, cfg.Dir, shelter)
	}
	if _, err := os.Stat(h.data); err == nil {
		// Left by a directory of the same name that was deleted since.
		old := h.dir + ".old"
		if err := os.RemoveAll(old); err != nil {
			return home{}, err
		}
		if err := os.Rename(h.dir, old); err != nil {
			return home{}, err
		}
	}
	if err := os.MkdirAll(h.dir, 0o755); err != nil {
		return home{}, fmt.Errorf("the PostgreSQL data cannot be kept in %s: %w", shelter, err)
	}
	if err := os.Symlink(h.data, filepath.Join(cfg.Dir, dataName)); err != nil {
		return home{}, err
	}
	cfg.Notice(fmt.Sprintf("PostgreSQL runs as user %d, who cannot reach %s: its data are in %s.", h.account.uid, cfg.Dir, h.dir))
	return h, nil
}
