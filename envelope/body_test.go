package envelope_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/envelope"
	"posthorn/hook"
)

func TestBodyOfEachFormat(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		format     hook.Format
		event      *hook.Event
		publicID   string
		wantObject string
	}{
		"standard": {
			format: hook.FormatStandard, event: event("ticket.created", `{"id": 7}`),
			wantObject: `{"type":"ticket.created","timestamp":"2026-05-28T14:30:00.123Z","data":{"id":7}}`,
		},
		"platform": {
			format: hook.FormatPlatform, event: event("ticket.created", `{"id":7}`),
			wantObject: `{"organizationId":"01930000-0000-7000-8000-000000000001","eventType":"ticket.created",` +
				`"eventId":"01930000-0000-7000-8000-000000000002","timestamp":"2026-05-28T14:30:00.123Z","data":{"id":7}}`,
		},
		"platform, the publisher's id": {
			format: hook.FormatPlatform, event: event("ticket.created", `[]`), publicID: "evt_1",
			wantObject: `{"organizationId":"01930000-0000-7000-8000-000000000001","eventType":"ticket.created",` +
				`"eventId":"evt_1","timestamp":"2026-05-28T14:30:00.123Z","data":[]}`,
		},
		"platform, a survey": {
			format: hook.FormatPlatform, event: event("survey.response_completed", `{"score":9,"surveyId": "s-1"}`),
			wantObject: `{"surveyId":"s-1","eventType":"survey.response_completed",` +
				`"eventId":"01930000-0000-7000-8000-000000000002","timestamp":"2026-05-28T14:30:00.123Z",` +
				`"data":{"score":9,"surveyId":"s-1"}}`,
		},
		"platform, a survey by number": {
			format: hook.FormatPlatform, event: event("survey", `{"surveyId":12345678901234567890}`),
			wantObject: `{"surveyId":12345678901234567890,"eventType":"survey",` +
				`"eventId":"01930000-0000-7000-8000-000000000002","timestamp":"2026-05-28T14:30:00.123Z",` +
				`"data":{"surveyId":12345678901234567890}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.event.PublicID = c.publicID
			body, err := envelope.Body(c.format, c.event, &hook.Webhook{})
			require.NoError(t, err)
			require.Equal(t, c.wantObject, string(body))
		})
	}
}

func TestBodyOfSurveyWithoutItsIDNamesTheOrganisation(t *testing.T) {
	t.Parallel()
	for _, e := range []*hook.Event{
		event("survey.response_completed", `{}`),
		event("survey.response_completed", `{"surveyId":null}`),
		event("survey.response_completed", `{"surveyid":"other case"}`),
		event("survey.response_completed", `["surveyId"]`),
		event("surveys.created", `{"surveyId":"another topic"}`),
	} {
		body, err := envelope.Body(hook.FormatPlatform, e, nil)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(body), `{"organizationId":`), "%s", body)
	}
}

func TestBodyKeepsDataAsWritten(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"b":1,"a":2,"10":3}`:                         `{"b":1,"a":2,"10":3}`,
		` { "a" : [ 1 , 2 ] } `:                        `{"a":[1,2]}`,
		`{"html":"<a href='x'>&</a>"}`:                 `{"html":"<a href='x'>&</a>"}`,
		"{\"u\":\"\u2028\u00e9\U0001F600\"}":           "{\"u\":\"\u2028\u00e9\U0001F600\"}",
		`{"n":[1e400000,1.0,-0,12345678901234567890]}`: `{"n":[1e400000,1.0,-0,12345678901234567890]}`,
		`{"s":"\u0000\ud800 \/"}`:                      `{"s":"\u0000\ud800 \/"}`,
		`{"a":1,"a":2}`:                                `{"a":1,"a":2}`,
		`null`:                                         `null`,
	} {
		body, err := envelope.Body(hook.FormatStandard, event("a", in), nil)
		require.NoError(t, err)
		require.Equal(t, `{"type":"a","timestamp":"2026-05-28T14:30:00.123Z","data":`+want+`}`, string(body))
	}
}

func TestBodyWritesTimesInUTCToTheMillisecond(t *testing.T) {
	t.Parallel()
	e := event("a", `1`)
	e.OccurredAt = time.Date(2026, 1, 2, 3, 4, 5, 6_999_999, time.FixedZone("", 3600))
	body, err := envelope.Body(hook.FormatStandard, e, nil)
	require.NoError(t, err)
	require.Contains(t, string(body), `"timestamp":"2026-01-02T02:04:05.006Z"`)
}

func TestBodyRefuses(t *testing.T) {
	t.Parallel()
	_, err := envelope.Body("morse", event("a", `1`), nil)
	require.ErrorContains(t, err, `no format "morse"`)
	for _, data := range []string{"", "{", `{"a":1}x`, "nul"} {
		_, err = envelope.Body(hook.FormatStandard, event("a", data), nil)
		require.ErrorContains(t, err, eventID.String(), data)
	}
}

func TestEveryFormatHasABody(t *testing.T) {
	t.Parallel()
	for _, format := range hook.Formats() {
		body, err := envelope.Body(format, event("ticket.created", `{}`), &hook.Webhook{})
		require.NoError(t, err)
		require.True(t, json.Valid(body))
	}
}

func TestBodyIsJSONAndAlwaysTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		data := hook.EncodeJSON(rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "data"))
		// Types and ids are validated elsewhere: no text may break the body.
		e := event(rapid.OneOf(rapid.String(), rapid.Just("email.sent"), rapid.Just("message.sent")).Draw(t, "type"), string(data))
		e.PublicID = rapid.String().Draw(t, "id")
		format := rapid.SampledFrom(hook.Formats()).Draw(t, "format")
		body, err := envelope.Body(format, e, &hook.Webhook{})
		require.NoError(t, err)
		again, err := envelope.Body(format, e, &hook.Webhook{})
		require.NoError(t, err)
		require.Equal(t, body, again)

		var got map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(body, &got))
		if format == hook.FormatStandard || format == hook.FormatPlatform || format == hook.FormatCommenda {
			require.Equal(t, string(data), string(got["data"]))
		}
		for _, name := range []string{"type", "eventType", "event", "topic"} {
			if raw, ok := got[name]; ok {
				var text string
				require.NoError(t, json.Unmarshal(raw, &text))
				require.Equal(t, e.Type, text)
			}
		}
	})
}
