package dashboard

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed assets
var assetFiles embed.FS

// assets are files under names that change with their content, so that a
// browser may keep them for good.
type assets struct {
	names   map[string]string // file to the name that it is served under
	content map[string][]byte // by that name
}

func loadAssets() (*assets, error) {
	a := &assets{names: map[string]string{}, content: map[string][]byte{}}
	entries, err := fs.ReadDir(assetFiles, "assets")
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		data, err := assetFiles.ReadFile("assets/" + entry.Name())
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(data)
		ext := path.Ext(entry.Name())
		name := strings.TrimSuffix(entry.Name(), ext) + "." + hex.EncodeToString(sum[:6]) + ext
		a.names[entry.Name()], a.content[name] = name, data
	}
	return a, nil
}

// url is where a file is served.
func (a *assets) url(file string) string { return Prefix + "/assets/" + a.names[file] }

// ServeHTTP serves a file by its name alone.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, ok := a.content[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, r.URL.Path, time.Time{}, bytes.NewReader(data))
}
