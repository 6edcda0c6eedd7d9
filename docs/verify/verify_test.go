// Package verify holds worked examples of how receivers check signatures, each
// a small program. Its tests run them against what is really sent.
package verify

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/envelope"
	"posthorn/hook"
)

// examples are the schemes, with the format that carries each and the header
// that its signature is in.
var examples = map[string]struct {
	format hook.Format
	header string
}{
	"x-webhook-signature":   {hook.FormatPlatform, "X-Webhook-Signature"},
	"standard-webhooks":     {hook.FormatStandard, "Webhook-Signature"},
	"x-sendcomms-signature": {hook.FormatSendComms, "X-SendComms-Signature"},
	"commenda-x-secret":     {hook.FormatCommenda, "Commenda-X-Secret"},
}

func TestExamplesAcceptWhatIsSentAndNothingElse(t *testing.T) {
	t.Parallel()
	programs := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", programs+"/", "./go/...")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	for _, language := range []string{"go", "node", "python"} {
		for name, example := range examples {
			t.Run(language+"/"+name, func(t *testing.T) {
				t.Parallel()
				for _, secret := range []hook.Secret{hook.NewWebhookSecret(), "your_webhook_secret"} {
					check(t, run(t, program(t, language, name, programs), secret), example.format, example.header, secret)
				}
			})
		}
	}
}

func program(t *testing.T, language, name, programs string) *exec.Cmd {
	t.Helper()
	switch language {
	case "node":
		return exec.CommandContext(t.Context(), interpreter(t, "node", "https://nodejs.org"), "node/"+name+".mjs")
	case "python":
		return exec.CommandContext(t.Context(), interpreter(t, "python3", "https://python.org"), "python/"+name+".py")
	}
	return exec.CommandContext(t.Context(), filepath.Join(programs, name))
}

func interpreter(t *testing.T, name, where string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("POSTHORN_CI") != "" {
		require.Fail(t, "there is no "+name+" in PATH")
	}
	if err != nil {
		t.Skipf("needs %s: install it from %s or with apt-get install", name, where)
	}
	return path
}

// run starts an example and returns its address.
func run(t *testing.T, command *exec.Cmd, secret hook.Secret) string {
	t.Helper()
	command.Env = append(os.Environ(), "SECRET="+secret.Reveal(), "PORT=0")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err, &stderr)
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	require.True(t, ok, line)
	return address
}

func check(t *testing.T, address string, format hook.Format, signature string, secret hook.Secret) {
	t.Helper()
	w := &hook.Webhook{ID: hook.NewID(), Keys: []hook.Key{{Secret: secret}}}
	e := &hook.Event{
		ID: hook.NewID(), TenantID: hook.NewID(), Type: "email.delivered", OccurredAt: time.Now(),
		Data: json.RawMessage(`{"email_id":"abc","subject":"caf\u00e9 <b> \ud83d\ude00 ` + "\u2028" + `","score":1.0,"10":1,"9":[1e21,-0]}`),
	}
	at := func(when time.Time, w *hook.Webhook) (http.Header, []byte) {
		body, err := envelope.Body(format, e, w)
		require.NoError(t, err)
		return envelope.Headers(envelope.Attempt{
			Event: e, Webhook: w, Format: format, DeliveryID: hook.NewID(), Body: body, At: when, Version: "test",
		}), body
	}
	header, body := at(time.Now(), w)
	require.Equal(t, http.StatusOK, post(t, address, header, body), "as it is sent")

	require.Equal(t, http.StatusUnauthorized, post(t, address, header, bytes.Replace(body, []byte("abc"), []byte("abd"), 1)), "another body")
	require.Equal(t, http.StatusUnauthorized, post(t, address, header, []byte("{")), "no JSON")
	forged, body := at(time.Now(), &hook.Webhook{ID: w.ID, Keys: []hook.Key{{Secret: "another secret, not theirs"}}})
	require.Equal(t, http.StatusUnauthorized, post(t, address, forged, body), "another secret")
	unsigned := header.Clone()
	unsigned.Del(signature)
	require.Equal(t, http.StatusUnauthorized, post(t, address, unsigned, body), "no signature")
	unsigned.Set(signature, header.Get(signature)[:20])
	require.Equal(t, http.StatusUnauthorized, post(t, address, unsigned, body), "half a signature")

	if format == hook.FormatStandard {
		old, body := at(time.Now().Add(-time.Hour), w)
		require.Equal(t, http.StatusUnauthorized, post(t, address, old, body), "sent again an hour later")
		old.Set("Webhook-Timestamp", header.Get("Webhook-Timestamp"))
		require.Equal(t, http.StatusUnauthorized, post(t, address, old, body), "made to look new")
		rotating, body := at(time.Now(), &hook.Webhook{ID: w.ID, Keys: []hook.Key{{Secret: hook.NewWebhookSecret()}, {Secret: secret}}})
		require.Equal(t, http.StatusOK, post(t, address, rotating, body), "during a rotation")
	}
}

func post(t *testing.T, address string, header http.Header, body []byte) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, bytes.NewReader(body))
	require.NoError(t, err)
	request.Header = header.Clone()
	request.Close = true
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}
