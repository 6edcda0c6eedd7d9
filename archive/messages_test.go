package archive_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"posthorn/archive"
	"posthorn/hook"
)

// receipt is when the messages of these tests came.
var receipt = time.Date(2026, 5, 28, 14, 30, 0, 123e6, time.UTC)

// message is one of an ordinary endpoint. Equal numbers give equal messages.
func message(number int64) *hook.Message {
	raw := []byte(`{"external_id":"m-1","occurred_at":"2026-05-28T14:29:59Z","from":{"identifier":"a@example.com","display_name":"Ä & <B>"},` +
		`"to":["b@example.com"],"body":"Grüße 👋 <b>","attachments":[],"direction":"inbound","n":1.50}`)
	m := &hook.Message{
		ID:         uuid.MustParse("019e6f02-7bbb-7000-8000-000000000003"),
		TenantID:   uuid.MustParse("019e6f02-7bbb-7000-8000-000000000001"),
		EndpointID: uuid.MustParse("019e6f02-7bbb-7000-8000-000000000002"),
		Number:     number, ReceivedAt: receipt,
		Payload: hook.Payload{
			ExternalID: "m-1", OccurredAt: receipt.Add(-time.Second).Truncate(time.Second),
			From: hook.Party{Identifier: "a@example.com", DisplayName: "Ä & <B>"},
			To:   []hook.Party{{Identifier: "b@example.com"}}, Body: "Grüße 👋 <b>",
			Fields: json.RawMessage(`{"direction":"inbound","n":1.50}`), Direction: "inbound",
		},
		Request: hook.Request{
			Method: "POST", Target: "/webhooks/incoming/in/token?a=1", Proto: "HTTP/2.0", Host: "hooks.example.com", Remote: "192.0.2.7",
			Header: [][2]string{
				{"Authorization", "Bearer fp:0011223344556677"}, {"Content-Length", "7"}, {"Content-Type", "application/json"},
				{"Transfer-Encoding", "chunked"}, {"X-Two", "one"}, {"X-Two", "two"},
			},
		},
		Verdict: hook.Verdict{Scheme: "bearer", Key: 1},
	}
	setBody(m, raw)
	return m
}

func setBody(m *hook.Message, raw []byte) { m.Raw, m.SHA256 = raw, sha256.Sum256(raw) }

func key(m *hook.Message) string { return archive.RecordKey(m.TenantID, m.EndpointID, m.ID) }

func attachmentKey(n int) string {
	m := message(1)
	return archive.AttachmentKey(m.TenantID, m.EndpointID, m.ID, n)
}

func seal(t testing.TB, m *hook.Message) archive.Record {
	t.Helper()
	r, err := archive.NewRecord(m)
	require.NoError(t, err)
	return r
}

func parse(t testing.TB, packed []byte) *archive.Contents {
	t.Helper()
	c, err := archive.ParseRecord(bytes.NewReader(packed))
	require.NoError(t, err)
	return c
}
