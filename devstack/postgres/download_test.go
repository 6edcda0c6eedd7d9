package postgres

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/devstack/port"
)

// repository serves any version of PostgreSQL as programs that call the
// installed ones, in the format of the real repository: a jar with a .txz.
func repository(t *testing.T) (url string, downloads *atomic.Int32) {
	t.Helper()
	bin := filepath.Dir(installedServer(t))
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "bin"), 0o755))
	for _, name := range []string{"initdb", "postgres", "pg_ctl"} {
		script := fmt.Sprintf("#!/bin/sh\nexec %s/%s \"$@\"\n", bin, name)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "bin", name), []byte(script), 0o755))
	}
	txz, err := exec.CommandContext(t.Context(), "tar", "-C", dir, "-cJ", "bin").Output()
	require.NoError(t, err)

	var jar bytes.Buffer
	z := zip.NewWriter(&jar)
	w, err := z.Create("postgres.txz")
	require.NoError(t, err)
	_, err = w.Write(txz)
	require.NoError(t, err)
	require.NoError(t, z.Close())

	downloads = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, ".jar"):
			downloads.Add(1)
			_, _ = w.Write(jar.Bytes())
		case strings.HasSuffix(r.URL.Path, ".jar.sha256"):
			fmt.Fprintf(w, "%x", sha256.Sum256(jar.Bytes()))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, downloads
}

func installedServer(t *testing.T) string {
	t.Helper()
	for _, dir := range installed(t.Context()) {
		path := filepath.Join(dir, "postgres")
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Fatal("this test needs an installed PostgreSQL")
	return ""
}

func configureDownload(t *testing.T, repository string) Config {
	t.Helper()
	p, err := port.Free()
	require.NoError(t, err)
	dir, err := os.MkdirTemp("", "posthorn-download-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	return Config{
		Dir: dir, Port: p, Password: "secret",
		Settings:   map[string]string{"fsync": "off"},
		Repository: repository,
		search:     func(context.Context) []string { return nil },
	}
}

func TestBinariesAreDownloadedOnce(t *testing.T) {
	t.Parallel()
	url, downloads := repository(t)
	cfg := configureDownload(t, url)
	var notices []string
	cfg.Notice = func(s string) { notices = append(notices, s) }
	for range 2 {
		s, err := Start(t.Context(), cfg)
		require.NoError(t, err)
		require.NoError(t, s.CreateDatabase(t.Context(), "kept"))
		require.NoError(t, s.Stop(t.Context()))
	}
	require.EqualValues(t, 1, downloads.Load())
	require.Len(t, notices, 1)
	require.Contains(t, notices[0], "Downloading PostgreSQL")

	entries, err := os.ReadDir(cfg.Dir)
	require.NoError(t, err)
	for _, e := range entries {
		require.NotContains(t, e.Name(), ".new", "nothing half done is left")
	}
}

// The library throws data away that another version made; ours never do.
func TestDataOfAnotherVersionAreKept(t *testing.T) {
	t.Parallel()
	url, _ := repository(t)
	cfg := configureDownload(t, url)
	data := filepath.Join(cfg.Dir, dataName)
	require.NoError(t, os.Mkdir(data, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("9\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(data, "precious"), nil, 0o600))
	if os.Geteuid() == 0 {
		require.NoError(t, os.Chown(data, 1, 1))
	}
	_, err := Start(t.Context(), cfg)
	require.ErrorContains(t, err, "need PostgreSQL 9, which was not found")
	require.FileExists(t, filepath.Join(data, "precious"))
}

func TestMissingBinariesSayHowToInstallThem(t *testing.T) {
	t.Parallel()
	empty := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(empty.Close)
	for name, repository := range map[string]string{"no download": noRepository, "no such download": empty.URL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Start(t.Context(), configureDownload(t, repository))
			require.ErrorContains(t, err, "no PostgreSQL 15 or newer was found")
			require.ErrorContains(t, err, howToInstall)
		})
	}
}
