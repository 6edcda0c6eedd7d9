package envelope_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/envelope"
	"posthorn/hook"
)

func compact(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, json.Compact(&b, raw))
	return b.Bytes()
}

// A publisher's data in the form of a system's own example come out as in it,
// byte for byte: what differs are the time's milliseconds and the key.
func TestBodyIsThatOfTheSystemsOwnExample(t *testing.T) {
	t.Parallel()
	for name, format := range map[string]hook.Format{
		"sendcomms-delivered.json": hook.FormatSendComms, "inboxcomponents-received.json": hook.FormatInboxComponents,
		"inboxcomponents-sent.json": hook.FormatInboxComponents,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := compact(t, name)
			var example struct {
				Event string          `json:"event"`
				ID    string          `json:"id"`
				Txn   string          `json:"transaction_id"`
				Key   string          `json:"idempotency_key"`
				Data  json.RawMessage `json:"data"`
			}
			require.NoError(t, json.Unmarshal(want, &example))
			e := event(example.Event, string(example.Data))
			e.PublicID = example.ID + example.Txn
			e.OccurredAt = time.Date(2025, 12, 21, 10, 30, 0, 0, time.UTC)
			body, err := envelope.Body(format, e, &hook.Webhook{})
			require.NoError(t, err)
			want = bytes.Replace(want, []byte("10:30:00Z"), []byte("10:30:00.000Z"), 1)
			if example.Key != "" {
				key := field(t, body, "idempotency_key")
				require.Len(t, key, len(example.Key)+2)
				want = bytes.Replace(want, []byte(`"`+example.Key+`"`), key, 1)
			}
			require.Equal(t, string(want), string(body))
		})
	}
}

func TestCommendaBodyNamesItsWebhook(t *testing.T) {
	t.Parallel()
	body, err := envelope.Body(hook.FormatCommenda, event("ticket.created", `{"b":1,"a":2.0}`), &hook.Webhook{ID: deliveryID})
	require.NoError(t, err)
	require.Equal(t, `{"id":"`+eventID.String()+`","topic":"ticket.created","triggered_at":1779978600,"webhook_id":"`+
		deliveryID.String()+`","data":{"b":1,"a":2.0},"api_version":"v1.0"}`, string(body))
}

func TestIdempotencyKeyIsThatOfTheEvent(t *testing.T) {
	t.Parallel()
	key := func(e *hook.Event, w *hook.Webhook) string {
		body, err := envelope.Body(hook.FormatInboxComponents, e, w)
		require.NoError(t, err)
		return string(field(t, body, "idempotency_key"))
	}
	e := event("message.sent", `{}`)
	first := key(e, &hook.Webhook{ID: deliveryID})
	require.Regexp(t, `^"[0-9a-f]{64}"$`, first)
	require.Equal(t, first, key(e, &hook.Webhook{}))
	e.ID = deliveryID
	require.NotEqual(t, first, key(e, &hook.Webhook{}))
}

// Whatever an event was made of, its data have every field of the example, in
// its order.
func TestDataOfOtherSourcesHaveEveryFieldOfTheExample(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		format  hook.Format
		kind    string
		data    string
		example string
		want    string
	}{
		"a callback": {
			hook.FormatSendComms, "email.bounced", string(compact(t, "source-callback.json")), "sendcomms-delivered.json",
			`{"id":"01930000-0000-7000-8000-00000000000a","email_id":"abc.filter","type":"email","status":"bounced","to":"recipient@example.com","subject":null,"from":null}`,
		},
		"several recipients": {
			hook.FormatSendComms, "email.opened", `{"subject":"caf\u00e9","to":[{"identifier":"a@x"},"b@x"],"from":{"email":"c@x"}}`, "sendcomms-delivered.json",
			`{"id":"` + eventID.String() + `","email_id":null,"type":"email","status":"opened","to":"a@x, b@x","subject":"café","from":"c@x"}`,
		},
		"no object": {
			hook.FormatSendComms, "email.sent", `[1]`, "sendcomms-delivered.json",
			`{"id":"` + eventID.String() + `","email_id":null,"type":"email","status":"sent","to":null,"subject":null,"from":null}`,
		},
		"a message of an endpoint": {
			hook.FormatInboxComponents, "message.received", string(compact(t, "source-message.json")), "inboxcomponents-received.json",
			`{"conversation_id":"c-1","id":"` + eventID.String() + `","modified_at":1779978600,"date":1779978600,"type":"whatsapp","metadata":[],` +
				`"attachments":[{"filename":"a.txt","content_type":"text/plain","size":3,"sha256":"00"}],"is_sent":false,"is_hidden":false,"is_event":false,` +
				`"event_type":null,"account_id":"01930000-0000-7000-8000-00000000000b","inline_attachments":[],"body":"message text",` +
				`"from":[{"name":"Alice","profilePicture":null}],"snippet":"message text","is_supported":true,"reactions":[],"quote":null,"deleted":false,"provider_id":"msg-42","custom":[]}`,
		},
		"a reply": {
			hook.FormatInboxComponents, "message.received", string(compact(t, "source-reply.json")), "inboxcomponents-received.json",
			`{"conversation_id":null,"id":"` + eventID.String() + `","modified_at":1779978600,"date":1779978600,"type":"whatsapp","metadata":[],` +
				`"attachments":[{"content_type":"image/jpeg"}],"is_sent":false,"is_hidden":false,"is_event":false,"event_type":null,"account_id":null,` +
				`"inline_attachments":[],"body":"hello","from":[{"name":"Al","profilePicture":null}],"snippet":"hello","is_supported":true,"reactions":[],` +
				`"quote":null,"deleted":false,"provider_id":"SM1","custom":[]}`,
		},
		"nothing": {
			hook.FormatInboxComponents, "message.sent", `null`, "inboxcomponents-sent.json",
			`{"conversation_id":null,"id":"` + eventID.String() + `","modified_at":1779978600,"date":1779978600,"type":null,"metadata":[],` +
				`"attachments":[],"is_sent":true,"is_hidden":false,"is_event":false,"event_type":null,"account_id":null,"inline_attachments":[],` +
				`"body":"","from":[],"snippet":"","is_supported":true,"reactions":[],"quote":null,"deleted":false,"provider_id":null,"custom":[]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := envelope.Body(c.format, event(c.kind, c.data), &hook.Webhook{})
			require.NoError(t, err)
			require.Equal(t, c.want, string(field(t, body, "data")))
			require.Equal(t, names(t, field(t, compact(t, c.example), "data")), names(t, field(t, body, "data")))
		})
	}
}

func field(t *testing.T, object []byte, name string) json.RawMessage {
	t.Helper()
	var fields map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(object, &fields))
	return fields[name]
}

// names lists the fields of an object, in its order.
func names(t *testing.T, object []byte) (list []string) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(object))
	_, err := decoder.Token()
	require.NoError(t, err)
	for decoder.More() {
		name, err := decoder.Token()
		require.NoError(t, err)
		list = append(list, name.(string))
		require.NoError(t, decoder.Decode(new(json.RawMessage)))
	}
	return list
}

func TestFormatsSignInTheirOwnHeader(t *testing.T) {
	t.Parallel()
	a := attempt("what do ya want for nothing?", "Jefe") // RFC 4231, test case 2
	const sum = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
	for _, format := range hook.Formats() {
		a.Format = format
		header := envelope.Headers(a)
		require.Equal(t, "sha256="+sum, header.Get("X-Webhook-Signature"))
		require.Equal(t, format == hook.FormatSendComms, header.Get("X-SendComms-Signature") == "sha256="+sum, format)
		require.Equal(t, format == hook.FormatCommenda, header.Get("Commenda-X-Secret") == sum, format)
		a.Webhook = &hook.Webhook{}
		require.Empty(t, envelope.Headers(a).Get("X-SendComms-Signature")+envelope.Headers(a).Get("Commenda-X-Secret"))
		a.Webhook = &hook.Webhook{Keys: keys("Jefe")}
	}
}

func FuzzBody(f *testing.F) {
	for _, data := range []string{`{}`, `{"a":{"b":[1,"\ud800",2.50]},"1":null}`, ` [true] `, `"\u0000"`, `{"from":[{}],"to":{"identifier":1e9}}`} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data string) {
		for _, format := range hook.Formats() {
			for _, kind := range []string{"email.sent", "message.sent", "survey.done"} {
				body, err := envelope.Body(format, event(kind, data), &hook.Webhook{})
				require.Equal(t, json.Valid([]byte(data)), err == nil)
				require.True(t, err != nil || json.Valid(body))
			}
		}
	})
}
