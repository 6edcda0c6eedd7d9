package hook_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func TestCatalogueIsSortedAndNamesEachTypeOnce(t *testing.T) {
	t.Parallel()
	list := hook.Catalogue([]hook.EventType{{Type: "z.own"}, {Type: "email.sent", Description: "ours"}, {Type: "a"}})
	types := make([]string, len(list))
	for i, item := range list {
		types[i] = item.Type
		require.Equal(t, item.Type != "z.own" && item.Type != "a", item.BuiltIn, item.Type)
		if item.Type == "email.sent" {
			require.Equal(t, "ours", item.Description)
		}
	}
	require.True(t, slices.IsSorted(types))
	require.Len(t, slices.Compact(types), 32)
	require.Empty(t, hook.Catalogue(nil)[0].UpdatedAt)
}

func TestSampleIsJSONForEveryTypeOfTheCatalogue(t *testing.T) {
	t.Parallel()
	for _, item := range hook.Catalogue(nil) {
		var data map[string]any
		require.NoError(t, json.Unmarshal(hook.Sample(item.Type), &data), item.Type)
		require.NotEmpty(t, data)
	}
	require.JSONEq(t, `"complained"`, string(fieldOf(t, hook.Sample("email.complained"), "status")))
	require.JSONEq(t, `true`, string(fieldOf(t, hook.Sample("email.sent.again"), "test")))
}

func fieldOf(t *testing.T, object json.RawMessage, name string) json.RawMessage {
	t.Helper()
	var fields map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(object, &fields))
	return fields[name]
}

func TestSurveyIsNamedByTextOrNumber(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		`{"surveyId":"a"}`: "a", `{"surveyId":12345678901234567890}`: "12345678901234567890", `{"surveyId":null}`: "",
		`{"SurveyID":"a"}`: "", `{"surveyId":[1]}`: "", `{}`: "", `[]`: "", `null`: "",
	} {
		require.Equal(t, want, (&hook.Event{Data: json.RawMessage(data)}).SurveyID(), data)
	}
}

func TestFormatIsSendCommsForItsSixEventsAlone(t *testing.T) {
	t.Parallel()
	require.Equal(t, hook.FormatSendComms, hook.DefaultFormat([]string{"email.sent", "email.clicked"}))
	for _, events := range [][]string{nil, {"email"}, {"email.*"}, {"email.failed"}, {"email.sent", "a"}, {"*"}} {
		require.Equal(t, hook.FormatStandard, hook.DefaultFormat(events), events)
	}
}
