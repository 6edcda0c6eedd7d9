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

// example is a scheme: the format that carries it, the header that its
// signature is in, and what its receiver is told.
type example struct {
	format   hook.Format
	header   string
	keyPair  bool // it checks by a public key, not by a secret
	replayed bool // it notices what is sent again later
}

var examples = map[string]example{
	"x-webhook-signature":       {format: hook.FormatPlatform, header: "X-Webhook-Signature"},
	"standard-webhooks":         {format: hook.FormatStandard, header: "Webhook-Signature", replayed: true},
	"standard-webhooks-ed25519": {format: hook.FormatStandard, header: "Webhook-Signature", replayed: true, keyPair: true},
	"x-sendcomms-signature":     {format: hook.FormatSendComms, header: "X-SendComms-Signature"},
	"commenda-x-secret":         {format: hook.FormatCommenda, header: "Commenda-X-Secret"},
}

// sender is a webhook that signs by these keys.
func (e example) sender(keys ...hook.Secret) *hook.Webhook {
	w := &hook.Webhook{ID: hook.NewID()}
	list := &w.Keys
	if e.keyPair {
		w.Keys, list = []hook.Key{{Secret: "a secret that is not told"}}, &w.SigningKeys
	}
	for _, k := range keys {
		*list = append(*list, hook.Key{Secret: k})
	}
	return w
}

// secrets are such as a receiver's webhook may have, and somebody else's.
func (e example) secrets() (theirs []hook.Secret, other hook.Secret) {
	if e.keyPair {
		return []hook.Secret{hook.NewSigningKey()}, hook.NewSigningKey()
	}
	return []hook.Secret{hook.NewWebhookSecret(), "your_webhook_secret"}, "another secret, not theirs"
}

// environment is what a receiver is told.
func (e example) environment(secret hook.Secret) string {
	if e.keyPair {
		return "PUBLIC_KEY=" + e.sender(secret).PublicKeys()[0].String()
	}
	return "SECRET=" + secret.Reveal()
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
				theirs, other := example.secrets()
				for _, secret := range theirs {
					check(t, run(t, program(t, language, name, programs), example.environment(secret)), example, secret, other)
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
		python := interpreter(t, "python3", "https://python.org")
		if examples[name].keyPair {
			requirePackage(t, python, "cryptography")
		}
		return exec.CommandContext(t.Context(), python, "python/"+name+".py")
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

func requirePackage(t *testing.T, python, name string) {
	t.Helper()
	err := exec.CommandContext(t.Context(), python, "-c", "import "+name).Run()
	if err != nil && os.Getenv("POSTHORN_CI") != "" {
		require.Fail(t, "python3 has no package "+name)
	}
	if err != nil {
		t.Skipf("needs Python's %s: pip install %[1]s or apt-get install python3-%[1]s", name)
	}
}

// run starts an example and returns its address.
func run(t *testing.T, command *exec.Cmd, environment string) string {
	t.Helper()
	command.Env = append(os.Environ(), environment, "PORT=0")
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

func check(t *testing.T, address string, scheme example, secret, other hook.Secret) {
	t.Helper()
	w, format, signature := scheme.sender(secret), scheme.format, scheme.header
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
	forged, body := at(time.Now(), scheme.sender(other))
	require.Equal(t, http.StatusUnauthorized, post(t, address, forged, body), "another secret")
	unsigned := header.Clone()
	unsigned.Del(signature)
	require.Equal(t, http.StatusUnauthorized, post(t, address, unsigned, body), "no signature")
	unsigned.Set(signature, header.Get(signature)[:20])
	require.Equal(t, http.StatusUnauthorized, post(t, address, unsigned, body), "half a signature")

	if scheme.replayed {
		old, body := at(time.Now().Add(-time.Hour), w)
		require.Equal(t, http.StatusUnauthorized, post(t, address, old, body), "sent again an hour later")
		old.Set("Webhook-Timestamp", header.Get("Webhook-Timestamp"))
		require.Equal(t, http.StatusUnauthorized, post(t, address, old, body), "made to look new")
		rotating, body := at(time.Now(), scheme.sender(other, secret))
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
