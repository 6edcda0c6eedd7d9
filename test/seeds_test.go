package test

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/client"
)

// The tests of this file and the next do what the documents of five systems tell
// their readers to do, each with the calls of its own document, by plain HTTP.

type object = map[string]any

// send makes a request and returns the status and the answer.
func send(t *testing.T, method, url, body string, header map[string]string) (int, object) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	for name, value := range header {
		request.Header.Set(name, value)
	}
	answer, err := connection(t).Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	decoded := object{}
	_ = json.Unmarshal(raw, &decoded) // what is no JSON has no fields
	return answer.StatusCode, decoded
}

// manage calls the management API as curl does, and returns what it answers with.
func (g *gate) manage(t *testing.T, method, path, body string, want int) any {
	t.Helper()
	status, answer := send(t, method, g.config.URL+path, body, map[string]string{
		"Authorization": "Bearer " + g.tenant.Key, "Content-Type": "application/json",
	})
	require.Equal(t, want, status, answer)
	require.Equal(t, want < 300, answer["success"])
	return answer["data"]
}

func (g *gate) made(t *testing.T, path, body string) object {
	t.Helper()
	return g.manage(t, "POST", path, body, http.StatusCreated).(object)
}

// fields are the names of an object's fields.
func fields(t *testing.T, raw []byte) []string {
	t.Helper()
	var decoded object
	require.NoError(t, json.Unmarshal(raw, &decoded))
	var names []string
	for name := range decoded {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func hexHMAC(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

func TestSeed000CommaKeepsWhatIsPushedToIt(t *testing.T) {
	t.Parallel()
	g := start(t)
	receiver := receive(t)
	g.webhook(t, receiver)
	const sent = `{"external_id":"msg-42","occurred_at":"2026-05-28T14:30:00Z","from":"alice@example.com",` +
		`"to":[{"identifier":"bob@example.com","display_name":"Bob"}],"body":"message text","attachments":[],"case":{"number":"C-17"}}`

	bearer := g.made(t, "/api/v1/endpoints", `{"name":"crm"}`)
	require.Contains(t, bearer["url"], "/webhooks/incoming/in/")
	post := func(e object, body string, header map[string]string) (int, object) {
		header["Content-Type"] = "application/json"
		return send(t, "POST", e["url"].(string), body, header)
	}
	token := func(e object) map[string]string {
		return map[string]string{"Authorization": "Bearer " + e["secret"].(string)}
	}
	status, first := post(bearer, sent, token(bearer))
	require.Equal(t, http.StatusOK, status, first)
	id := first["data"].(object)["id"].(string)
	status, again := post(bearer, sent, token(bearer))
	require.Equal(t, http.StatusOK, status, "both are acknowledged")
	require.Equal(t, id, again["data"].(object)["id"])
	status, _ = post(bearer, sent, map[string]string{"Authorization": "Bearer sk_live_REDACTED"})
	require.Equal(t, http.StatusUnauthorized, status)
	status, _ = post(bearer, `{"external_id":"x"}`, token(bearer))
	require.Equal(t, http.StatusUnprocessableEntity, status)

	signed := g.made(t, "/api/v1/endpoints", `{"name":"audit feed","auth":"hmac"}`)
	signature := map[string]string{"X-Comma-Signature": hexHMAC(signed["secret"].(string), []byte(sent))}
	status, _ = post(signed, sent, signature)
	require.Equal(t, http.StatusOK, status, "another endpoint has messages of its own")
	status, _ = post(signed, sent+" ", signature)
	require.Equal(t, http.StatusUnauthorized, status)

	kept := g.archived(t, id)
	require.Equal(t, "message text", kept.Body)
	await(t, func() ([]client.Message, error) {
		var list []client.Message
		for m, err := range g.client.Messages(t.Context(), client.MessageFilter{Query: "C-17", EndpointID: bearer["id"].(string)}) {
			if err != nil {
				return nil, err
			}
			list = append(list, m)
		}
		return list, nil
	}, func(list []client.Message) bool { return len(list) == 1 && list[0].ID == id }, "additional fields are searched")
	for range 2 { // one of each endpoint, whatever came twice
		require.Equal(t, "message.received", receiver.next(t).header.Get("X-Webhook-Event"))
	}

	g.manage(t, "PATCH", "/api/v1/endpoints/"+signed["id"].(string), `{"allowlist":["192.0.2.0/24"]}`, http.StatusOK)
	rotated := g.manage(t, "POST", "/api/v1/endpoints/"+bearer["id"].(string)+"/rotate", "", http.StatusOK).(object)
	await(t, func() (int, error) { status, _ := post(bearer, sent, token(bearer)); return status, nil },
		func(status int) bool { return status == http.StatusUnauthorized }, "the old secret is invalid")
	rotated["url"] = bearer["url"]
	status, _ = post(rotated, sent, token(rotated))
	require.Equal(t, http.StatusOK, status)
	await(t, func() (int, error) { status, _ := post(signed, sent, signature); return status, nil },
		func(status int) bool { return status == http.StatusForbidden }, "the source is not in the allowlist")
}

func TestSeed001CommendaRegistersTriggersAndManages(t *testing.T) {
	t.Parallel()
	g := start(t)
	mine, other := receive(t), receive(t)
	w := g.made(t, "/webhooks", `{"url":"`+mine.url+`","topics":["invoice","filing.*"]}`)
	require.Equal(t, []any{"invoice", "filing.*"}, w["topics"])
	require.Equal(t, "ENABLED", w["state"])
	second := g.made(t, "/webhooks", `{"url":"`+other.url+`","topics":["invoice"]}`)

	triggered := g.manage(t, "POST", "/webhooks/test/trigger/"+w["id"].(string), "", http.StatusOK).(object)
	require.Equal(t, true, triggered["test"])
	valid := func(w object, a arrival) object {
		require.Equal(t, hexHMAC(w["secret"].(string), a.body), a.header.Get("Commenda-X-Secret"))
		require.Equal(t, []string{"api_version", "data", "id", "topic", "triggered_at", "webhook_id"}, fields(t, a.body))
		event := object{}
		require.NoError(t, json.Unmarshal(a.body, &event))
		require.Equal(t, w["id"], event["webhook_id"])
		require.Equal(t, "v1.0", event["api_version"])
		return event
	}
	valid(w, mine.next(t))

	published := g.made(t, "/api/v1/events", `{"type":"invoice.created","data":{"total":12},"occurred_at":"2026-05-28T14:30:00Z"}`)
	for _, to := range []struct {
		webhook object
		*receiver
	}{{w, mine}, {second, other}} { // several webhooks of one topic
		event := valid(to.webhook, to.next(t))
		require.Equal(t, object{"total": 12.0}, event["data"])
		require.Equal(t, []any{published["id"], "invoice.created", 1779978600.0}, []any{event["id"], event["topic"], event["triggered_at"]})
	}
	updated := g.manage(t, "POST", "/webhooks/"+w["id"].(string), `{"topics":["other"],"state":"DISABLED"}`, http.StatusOK).(object)
	require.Equal(t, "DISABLED", updated["state"])
	require.Len(t, g.manage(t, "GET", "/webhooks", "", http.StatusOK), 2)
	g.manage(t, "DELETE", "/webhooks/"+w["id"].(string), "", http.StatusOK)
	g.manage(t, "GET", "/webhooks/"+w["id"].(string), "", http.StatusNotFound)
}

func TestSeed002SendCommsRegistersAndVerifies(t *testing.T) {
	t.Parallel()
	g := start(t)
	const events = `["email.sent", "email.delivered", "email.bounced", "email.complained"]`
	const data = `{"id":"txn_xxx","email_id":"abc123-def456-789","type":"email","status":"delivered","to":"recipient@example.com",` +
		`"subject":"Welcome to our <platform> \u2013 caf\u00e9","from":"hello@yourdomain.com","score":1.0,"10":1,"9":2}`
	receiver := receive(t)
	// The same registration as the document's, to a receiver of this machine.
	w := g.made(t, "/api/v1/webhooks", `{"url": "`+receiver.url+`", "events": `+events+`, "secret": "your_webhook_secret"}`)
	require.Equal(t, []any{receiver.url, "your_webhook_secret", true}, []any{w["url"], w["secret"], w["active"]})
	require.Equal(t, []any{"email.sent", "email.delivered", "email.bounced", "email.complained"}, w["events"])
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`, w["id"])
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`, w["created_at"])
	generated := g.made(t, "/api/v1/webhooks", `{"url":"`+receiver.url+`","events":["email.opened"]}`)
	require.Regexp(t, "^whsec_", generated["secret"])

	published := g.made(t, "/api/v1/events", `{"type":"email.delivered","data":`+data+`}`)
	got := receiver.next(t)
	require.Equal(t, "sha256="+hexHMAC("your_webhook_secret", got.body), got.header.Get("X-SendComms-Signature"))
	require.Equal(t, []string{"data", "event", "timestamp", "transaction_id"}, fields(t, got.body))
	var body struct {
		Event         string          `json:"event"`
		TransactionID string          `json:"transaction_id"`
		Data          json.RawMessage `json:"data"`
	}
	require.NoError(t, json.Unmarshal(got.body, &body))
	require.Equal(t, []any{"email.delivered", published["id"]}, []any{body.Event, body.TransactionID})
	require.Subset(t, fields(t, body.Data), []string{"email_id", "from", "id", "status", "subject", "to", "type"})

	t.Run("in Node, from the parsed body", func(t *testing.T) {
		node, err := exec.LookPath("node")
		if err != nil {
			require.Empty(t, os.Getenv("POSTHORN_CI"), "there is no node in PATH")
			t.Skip("needs node: install it from https://nodejs.org or with apt-get install nodejs")
		}
		url := startProgram(t, exec.CommandContext(t.Context(), node, at("docs/verify/node/x-sendcomms-signature.mjs")), "SECRET=your_webhook_secret")
		good := g.made(t, "/api/v1/webhooks", `{"url":"`+url+`","events":["email.delivered"],"secret":"your_webhook_secret"}`)
		wrong := g.made(t, "/api/v1/webhooks", `{"url":"`+url+`","events":["email.delivered"],"retry_policy":[]}`)
		g.made(t, "/api/v1/events", `{"type":"email.delivered","data":`+data+`}`)
		g.delivery(t, good["id"].(string), hasStatus(client.DeliveryDelivered), "its receiver finds it authentic")
		refused := g.delivery(t, wrong["id"].(string), hasStatus(client.DeliveryFailed), "it is signed by another secret")
		require.Equal(t, http.StatusUnauthorized, refused.Attempts[0].StatusCode)
	})
	listed := len(g.manage(t, "GET", "/api/v1/webhooks", "", http.StatusOK).([]any))
	g.manage(t, "DELETE", "/api/v1/webhooks?id="+w["id"].(string), "", http.StatusOK)
	require.Len(t, g.manage(t, "GET", "/api/v1/webhooks", "", http.StatusOK), listed-1)
}

// startProgram starts a receiver that says where it listens.
func startProgram(t *testing.T, command *exec.Cmd, environment ...string) string {
	t.Helper()
	command.Env = append(append(os.Environ(), environment...), "PORT=0")
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
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	require.True(t, ok, line)
	return url
}
