package mapping_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/mapping"
)

// worked is an endpoint as a page of docs/mapping sets it up.
type worked struct {
	Auth      hook.AuthMode
	Signature hook.SignatureScheme
	Mapping   hook.Mapping
}

// sample is a request of a platform, in the form that it documents.
type sample struct {
	Headers   map[string]string
	Payload   json.RawMessage
	Challenge string
	Want      *struct {
		ExternalID  string       `json:"external_id"`
		OccurredAt  string       `json:"occurred_at"`
		From        hook.Party   `json:"from"`
		To          []hook.Party `json:"to"`
		Body        string       `json:"body"`
		Attachments []struct {
			Filename    string `json:"filename"`
			ContentType string `json:"content_type"`
			URL         string `json:"url"`
		} `json:"attachments"`
		Fields json.RawMessage `json:"fields"`
	}
}

var received = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func read(t testing.TB, path string, into any) {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, into), path)
}

func requestOf(s sample) *hook.Request {
	r := &hook.Request{Method: "POST", Target: "/webhooks/incoming/in/token"}
	for name, value := range s.Headers {
		r.Header = append(r.Header, [2]string{name, value})
	}
	return r
}

func TestWorkedMappingsMakeMessagesOfTheirPlatformsSamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../docs/mapping/*.json")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 4)
	for _, file := range files {
		var w worked
		read(t, file, &w)
		require.NoError(t, mapping.Check(&w.Mapping), file)
		e := hook.Endpoint{
			Name: "n", Auth: w.Auth, Signature: w.Signature, RateLimit: 1, Burst: 1, DedupWindow: time.Hour, Retention: time.Hour,
		}
		require.NoError(t, e.Validate(), file)
		var samples []sample
		read(t, filepath.Join("testdata", filepath.Base(file)), &samples)
		require.NotEmpty(t, samples)
		for _, s := range samples {
			challenge, err := mapping.Challenge(&w.Mapping, requestOf(s), s.Payload, received)
			require.NoError(t, err)
			require.Equal(t, s.Challenge, challenge)
			if s.Want == nil {
				continue
			}
			p, err := mapping.Read(&w.Mapping, requestOf(s), s.Payload, received, func(string) error { return nil })
			require.NoError(t, err, "%s: %s", file, s.Payload)
			require.Equal(t, s.Want.ExternalID, p.ExternalID)
			require.Equal(t, s.Want.OccurredAt, hook.FormatTime(p.OccurredAt))
			require.Equal(t, s.Want.From, p.From)
			require.Equal(t, s.Want.To, p.To)
			require.Equal(t, s.Want.Body, p.Body)
			require.Len(t, p.Attachments, len(s.Want.Attachments))
			for i, a := range s.Want.Attachments {
				require.Equal(t, hook.Attachment{Filename: a.Filename, ContentType: a.ContentType, URL: a.URL}, p.Attachments[i])
			}
			require.JSONEq(t, string(s.Want.Fields), string(p.Fields))
		}
	}
}
