package client_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/client"
)

func TestSendersAuthenticateAsTheEndpointWants(t *testing.T) {
	t.Parallel()
	const secret = "phs_test"
	sum := func(body []byte) []byte {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		return mac.Sum(nil)
	}
	for name, c := range map[string]struct {
		endpoint client.Endpoint
		header   string
		want     func(body []byte) string
	}{
		"bearer": {client.Endpoint{Auth: client.AuthBearer}, "Authorization", func([]byte) string { return "Bearer " + secret }},
		"hmac": {
			client.Endpoint{Auth: client.AuthHMAC, Signature: &client.Signature{}}, "X-Comma-Signature",
			func(body []byte) string { return hex.EncodeToString(sum(body)) },
		},
		"another platform's hmac": {
			client.Endpoint{Auth: client.AuthHMAC, Signature: &client.Signature{Header: "X-Hub", Prefix: "sha256=", Encoding: "base64"}}, "X-Hub",
			func(body []byte) string { return "sha256=" + base64.StdEncoding.EncodeToString(sum(body)) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil || r.Header.Get(c.header) != c.want(body) || r.Method != http.MethodPost {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				_, _ = io.WriteString(w, `{"success":true,"data":{"id":"m","duplicate":true}}`)
			}))
			defer server.Close()
			c.endpoint.URL = server.URL
			accepted, err := c.endpoint.Sender(secret).Send(t.Context(), client.NewMessage{ExternalID: "1"})
			require.NoError(t, err)
			require.Equal(t, client.Accepted{ID: "m", Duplicate: true}, accepted)
		})
	}
}

func TestMessagesHaveTheFormThatEndpointsTake(t *testing.T) {
	t.Parallel()
	form, err := json.Marshal(client.NewMessage{
		ExternalID: "1", OccurredAt: time.Date(2026, 1, 2, 4, 4, 5, 6e6, time.FixedZone("", 3600)),
		From: client.Party{Identifier: "a", DisplayName: "A"}, To: []client.Party{{Identifier: "b"}}, Body: "hello",
		Attachments: []client.NewAttachment{
			{Filename: "empty.txt", ContentType: "text/plain"}, {URL: "https://files.example/1", SHA256: "00"}, {Content: []byte{0xff}},
		},
		Fields: map[string]any{"direction": "outbound", "body": "no field replaces another"},
	})
	require.NoError(t, err)
	require.JSONEq(t, `{
		"external_id":"1", "occurred_at":"2026-01-02T03:04:05.006Z", "from":{"identifier":"a","display_name":"A"},
		"to":[{"identifier":"b"}], "body":"hello", "direction":"outbound",
		"attachments":[{"filename":"empty.txt","content_type":"text/plain","content":""},{"url":"https://files.example/1","sha256":"00"},{"content":"/w=="}]
	}`, string(form))

	form, err = json.Marshal(client.NewMessage{})
	require.NoError(t, err)
	require.Contains(t, string(form), `"attachments":[]`)
}
