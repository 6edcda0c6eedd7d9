package test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/client"
)

// importLines is how many lines the interrupted import has; the variable makes
// it as many as somebody wants to wait for.
func importLines(t *testing.T) int {
	t.Helper()
	text := os.Getenv("POSTHORN_IMPORT_LINES")
	if text == "" {
		return 2000
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

// writeHistory writes a file of n messages, of which every thousandth is refused.
func writeHistory(t *testing.T, n int) (path string, refused int) {
	t.Helper()
	var lines bytes.Buffer
	packed := gzip.NewWriter(&lines)
	for i := range n {
		m := plain("line-" + strconv.Itoa(i))
		text, err := json.Marshal(m)
		require.NoError(t, err)
		if i%1000 == 999 {
			refused++
			text = fmt.Appendf(nil, `{"external_id":"line-%d","mistake":true}`, i)
		}
		_, err = packed.Write(append(text, '\n'))
		require.NoError(t, err)
	}
	require.NoError(t, packed.Close())
	path = filepath.Join(t.TempDir(), "history.ndjson.gz")
	require.NoError(t, os.WriteFile(path, lines.Bytes(), 0o600))
	return path, refused
}

func posthorn(t *testing.T, e client.Endpoint, arguments ...string) *exec.Cmd {
	t.Helper()
	path, err := program()
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), path, arguments...)
	command.Dir = t.TempDir()
	command.Env = []string{"POSTHORN_ENDPOINT=" + e.URL, "POSTHORN_SECRET=" + e.Secret}
	return command
}

func TestAnImportThatIsKilledGoesOnAndBringsEachMessageOnce(t *testing.T) {
	t.Parallel()
	g := start(t)
	e, _ := g.endpoint(t)
	n := importLines(t)
	path, refused := writeHistory(t, n)

	killed := posthorn(t, e, "import", path, "--batch", "100")
	require.NoError(t, killed.Start())
	var state struct{ Lines, Refused int }
	require.Eventually(t, func() bool {
		content, err := os.ReadFile(path + ".state")
		return err == nil && json.Unmarshal(content, &state) == nil && state.Lines >= n/2
	}, 10*time.Minute, 5*time.Millisecond)
	require.NoError(t, killed.Process.Kill())
	require.Error(t, killed.Wait())

	again := posthorn(t, e, "import", path)
	output, err := again.CombinedOutput()
	require.Error(t, err)
	require.Equal(t, 2, again.ProcessState.ExitCode(), "some lines were refused: %s", output)
	require.Contains(t, string(output), "going on behind line")
	require.NoError(t, json.Unmarshal(read(t, path+".state"), &state))
	require.Equal(t, n, state.Lines)
	require.Equal(t, refused, state.Refused)
	report := strings.Split(strings.TrimSpace(string(read(t, path+".refused.ndjson"))), "\n")
	require.Len(t, report, refused)
	require.JSONEq(t, `{"external_id":"line-999","mistake":true}`, report[0])
	reasons := strings.Split(strings.TrimSpace(string(read(t, path+".refused.errors.ndjson"))), "\n")
	require.Len(t, reasons, refused)
	require.Contains(t, reasons[0], `"line":1000,"status":422`)

	require.Eventually(t, func() bool {
		l, err := g.client.Ledger(t.Context(), false)
		return err == nil && l.Messages.Archived == int64(n-refused)
	}, time.Hour, time.Second, "all are archived")
	ids, numbers := map[string]bool{}, map[int64]bool{}
	for _, m := range collect(t, g.client.Messages(t.Context(), client.MessageFilter{EndpointID: e.ID})) {
		ids[m.ExternalID] = true
		numbers[m.Number] = true
	}
	require.Len(t, ids, n-refused, "each message is there once")
	require.Len(t, numbers, n-refused, "and was archived once")
	require.False(t, numbers[0])
	require.True(t, numbers[int64(n-refused)], "numbers have no holes")

	third := posthorn(t, e, "import", path)
	output, _ = third.CombinedOutput()
	require.Contains(t, string(output), fmt.Sprintf("%d lines", n), "nothing is left to send")
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return content
}

func TestSendTellsWhatBecameOfItsMessage(t *testing.T) {
	t.Parallel()
	g := start(t)
	r := receive(t)
	g.webhook(t, r)
	e, _ := g.endpoint(t)
	output, err := posthorn(t, e, "send").CombinedOutput()
	require.NoError(t, err, string(output))
	require.Contains(t, string(output), "archived")
	r.next(t)

	followed := posthorn(t, e, "send", "--key", g.tenant.Key, "--body", "followed")
	output, err = followed.CombinedOutput()
	require.NoError(t, err, string(output))
	for _, step := range []string{"accepted", "archived", "published", "attempted", "delivered"} {
		require.Contains(t, string(output), step)
	}
	require.Contains(t, string(r.next(t).body), "followed")

	wrong := posthorn(t, e, "send", "--secret", "wrong")
	output, err = wrong.CombinedOutput()
	require.Error(t, err)
	require.Equal(t, 1, wrong.ProcessState.ExitCode())
	require.Contains(t, string(output), "401")
	require.NotContains(t, string(output), e.Secret)
}

func TestSendSignsAndEndsWithACodeOfWhatBecameOfTheMessage(t *testing.T) {
	t.Parallel()
	g := start(t)
	e, err := g.client.CreateEndpoint(t.Context(), client.EndpointSettings{Name: new("signed"), Auth: new(client.AuthHMAC)})
	require.NoError(t, err)
	g.webhook(t, receive(t, repeated(http.StatusInternalServerError, 20)...), retries(1))
	for name, c := range map[string]struct {
		arguments []string
		code      int
		says      string
	}{
		"unsigned":      {nil, 1, "X-Comma-Signature"},
		"signed":        {[]string{"--hmac"}, 0, "archived"},
		"wrong secret":  {[]string{"--hmac", "--secret", "wrong"}, 1, "401"},
		"still waiting": {[]string{"--key", g.tenant.Key, "--wait", "1ms"}, 3, "goes on by itself"},
		"failed":        {[]string{"--key", g.tenant.Key}, 2, "of 1 deliveries 1 failed"},
	} {
		command := posthorn(t, e, append([]string{"send"}, c.arguments...)...)
		output, _ := command.CombinedOutput()
		require.Equal(t, c.code, command.ProcessState.ExitCode(), "%s: %s", name, output)
		require.Contains(t, string(output), c.says, name)
	}
}
