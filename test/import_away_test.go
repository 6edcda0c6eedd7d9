package test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/client"
)

// heard is a process's standard error, which may be read meanwhile.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

func (h *heard) await(t *testing.T, text string) {
	t.Helper()
	await(t, func() (string, error) { return h.String(), nil },
		func(s string) bool { return strings.Contains(s, text) }, "the command says "+text)
}

// ndjson is n messages, one a line.
func ndjson(t *testing.T, n int) []byte {
	t.Helper()
	var lines bytes.Buffer
	for i := range n {
		require.NoError(t, json.NewEncoder(&lines).Encode(plain(fmt.Sprintf("line-%d", i))))
	}
	return lines.Bytes()
}

func TestAnImportWaitsWhereTheGatewayIsCalledTooOftenAndWhereItIsAway(t *testing.T) {
	t.Parallel()
	g := start(t)
	rate := 2
	e, err := g.client.CreateEndpoint(t.Context(), client.EndpointSettings{Name: new("slow"), RateLimit: &rate, Burst: &rate})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "history.ndjson")
	require.NoError(t, os.WriteFile(path, ndjson(t, 100), 0o600))

	var said heard
	command := posthorn(t, e, "import", path, "--batch", "10")
	command.Stderr = &said
	require.NoError(t, command.Start())
	said.await(t, "429")
	name := g.config.S3Bucket // the database's, too
	exec := func(sql string) {
		require.NoError(t, servers.stack.Postgres.Exec(t.Context(), "postgres", sql))
	}
	exec("ALTER DATABASE " + name + " ALLOW_CONNECTIONS false")
	exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'")
	said.await(t, "503")
	exec("ALTER DATABASE " + name + " ALLOW_CONNECTIONS true")
	require.NoError(t, command.Wait(), said.String())

	ids := map[string]bool{}
	for _, m := range collect(t, g.client.Messages(t.Context(), client.MessageFilter{EndpointID: e.ID})) {
		require.False(t, ids[m.ExternalID])
		ids[m.ExternalID] = true
	}
	require.Len(t, ids, 100)
}

func TestAnImportThatIsRefusedSaysHowFarItCame(t *testing.T) {
	t.Parallel()
	g := start(t)
	e, _ := g.endpoint(t)
	path := filepath.Join(t.TempDir(), "history.ndjson")
	require.NoError(t, os.WriteFile(path, ndjson(t, 20), 0o600))
	for name, arguments := range map[string][]string{
		"wrong secret":   {"--secret", "wrong"},
		"nobody there":   {"--endpoint", "http://127.0.0.1:1/webhooks/incoming/in/x", "--patience", "0s"},
		"no such number": {"--batch", "0"},
	} {
		command := posthorn(t, e, append([]string{"import", path}, arguments...)...)
		output, err := command.CombinedOutput()
		require.Error(t, err, name)
		require.Equal(t, 1, command.ProcessState.ExitCode(), name)
		require.NotContains(t, string(output), "20 lines", name)
	}
	output, err := posthorn(t, e, "import", path).CombinedOutput()
	require.NoError(t, err, string(output))
	require.Contains(t, string(output), "20 lines: 20 accepted")
}

func TestAnImportReadsStandardInputAlsoGzipped(t *testing.T) {
	t.Parallel()
	g := start(t)
	e, _ := g.endpoint(t)
	lines := bytes.TrimSuffix(ndjson(t, 50), []byte("\n"))
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write(append([]byte("\r\n"), lines...))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	for input, want := range map[string]string{string(lines): "50 lines: ", packed.String(): "51 lines: "} {
		command := posthorn(t, e, "import", "-")
		command.Stdin = strings.NewReader(input)
		output, err := command.CombinedOutput()
		require.NoError(t, err, string(output))
		require.Contains(t, string(output), want, "blank lines count, and are no messages")
		require.Empty(t, glob(t, command.Dir), "no state is kept")
	}
	require.Len(t, collect(t, g.client.Messages(t.Context(), client.MessageFilter{EndpointID: e.ID})), 50)

	cut := posthorn(t, e, "import", "-")
	cut.Stdin = bytes.NewReader(packed.Bytes()[:packed.Len()-4])
	output, err := cut.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(output), "unexpected EOF", "a file that was cut off is no whole one")
}

func TestRefusedLinesAreCorrectedAndImported(t *testing.T) {
	t.Parallel()
	g := start(t)
	e, _ := g.endpoint(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "history.ndjson")
	report := path + ".refused.ndjson"
	wrong := `{"external_id":"wrong"}` + "\n"
	require.NoError(t, os.WriteFile(path, append([]byte(wrong), ndjson(t, 5)...), 0o600))
	run := func(name string, code int) string {
		t.Helper()
		command := posthorn(t, e, "import", name)
		output, _ := command.CombinedOutput()
		require.Equal(t, code, command.ProcessState.ExitCode(), string(output))
		return string(output)
	}
	run(path, 2)
	require.Equal(t, wrong, string(read(t, report)))
	corrected, err := json.Marshal(plain("wrong"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(report, corrected, 0o600))
	require.Contains(t, run(path, 1), "move it away first")
	require.Equal(t, string(corrected), string(read(t, report)), "nobody's work is lost")
	require.Contains(t, run(report, 0), "1 accepted")
	require.NoError(t, os.Remove(report))
	require.Contains(t, run(path, 2), "5 accepted, 0 duplicates, 1 refused")
	require.Len(t, collect(t, g.client.Messages(t.Context(), client.MessageFilter{EndpointID: e.ID})), 6)
}

func glob(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	return names
}
