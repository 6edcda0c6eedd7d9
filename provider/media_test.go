package provider

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCredentialsForMediaGoToTheirProviderOnly(t *testing.T) {
	t.Parallel()
	twilio := map[string]any{"auth_token": "tok", "account_sid": "AC1"}
	cloud := map[string]any{"app_secret": "s", "access_token": "tok"}
	for _, c := range []struct {
		provider  string
		config    map[string]any
		media     Media
		url, auth string
	}{
		{"twilio-sms", twilio, Media{URL: "https://api.twilio.com/x"}, "https://api.twilio.com/x", "Basic QUMxOnRvaw=="},
		{"twilio-whatsapp", twilio, Media{URL: "https://api.twilio.com/x"}, "https://api.twilio.com/x", "Basic QUMxOnRvaw=="},
		{"twilio-sms", map[string]any{"auth_token": "tok"}, Media{URL: "https://api.twilio.com/x"}, "https://api.twilio.com/x", ""},
		{"twilio-sms", twilio, Media{URL: "https://api.twilio.com.evil.example/x"}, "https://api.twilio.com.evil.example/x", ""},
		{"twilio-sms", twilio, Media{URL: "https://u@api.twilio.com/x"}, "https://u@api.twilio.com/x", ""},
		{"twilio-sms", twilio, Media{URL: "http://api.twilio.com/x"}, "http://api.twilio.com/x", ""},
		{"twilio-sms", twilio, Media{URL: "https://api.twilio.com:444/x"}, "https://api.twilio.com:444/x", ""},
		{"meta", cloud, Media{ID: "12/../3"}, "https://graph.facebook.com/v23.0/12%2F..%2F3", "Bearer tok"},
		{"meta", cloud, Media{ID: "1", URL: "https://lookaside.fbsbx.com/a"}, "https://lookaside.fbsbx.com/a", "Bearer tok"},
		{"meta", cloud, Media{ID: "1", URL: "https://evil.example/a"}, "https://evil.example/a", ""},
		{"plivo", map[string]any{"auth_token": "tok"}, Media{URL: "https://media.plivo.com/a"}, "https://media.plivo.com/a", ""},
	} {
		require.Equal(t, c.url, c.media.Address())
		header, indirect, err := lookup(t, c.provider).Source(configOf(t, c.provider, c.config), c.media.Address())
		require.NoError(t, err)
		require.Equal(t, c.media.ID != "" && c.media.URL == "", indirect)
		require.Equal(t, c.auth, header.Get("Authorization"), c.media.URL)
	}
	_, _, err := lookup(t, "meta").Source(configOf(t, "meta", map[string]any{"app_secret": "s"}), Media{ID: "1"}.Address())
	require.ErrorIs(t, err, ErrNoMediaCredential)
}

func TestMetaSaysWhereItsMediaIs(t *testing.T) {
	t.Parallel()
	address, err := Locate([]byte(`{"url":"https://lookaside.fbsbx.com/a?x=1","mime_type":"image/jpeg"}`))
	require.NoError(t, err)
	require.Equal(t, "https://lookaside.fbsbx.com/a?x=1", address)
	for _, answer := range []string{`{}`, `x`, `{"url":"https://evil.example/"}`, `{"url":"http://lookaside.fbsbx.com/a"}`, `{"url":"https://graph.facebook.com/v23.0/1"}`} {
		_, err := Locate([]byte(answer))
		require.Error(t, err, answer)
	}
}

func TestFilesOfTheCloudAPIAreNamedByTheirID(t *testing.T) {
	t.Parallel()
	r := post("application/json", `{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{
		"metadata":{"display_phone_number":"1555"},"contacts":[{"wa_id":"other"},{"wa_id":"1650","profile":{"name":"A"}}],"messages":[
		{"id":"w1","from":"1650","type":"document","document":{"id":"77","mime_type":"application/pdf","filename":"a.pdf","caption":"see"}},
		{"id":"w2","from":"1650","type":"location","location":{"latitude":1.25,"longitude":-2,"name":"here"}},
		{"id":"w3","from":"1650","type":"interactive","interactive":{"type":"list_reply","list_reply":{"id":"l1","title":"One"}}},
		{"id":"w4","from":"1650","type":"contacts","contacts":[]},{"from":"1650","type":"text"}]}}]}]}`)
	result := lookup(t, "meta").Events(&r, configOf(t, "meta", map[string]any{}))
	require.Len(t, result.Events, 4)
	require.Len(t, result.Ignored, 1)
	require.JSONEq(t, `{"text":"see","from_name":"A","media":[{"id":"77","content_type":"application/pdf","filename":"a.pdf"}]}`, string(encode(result.Events[0].Message)))
	require.JSONEq(t, `{"text":null,"from_name":"A","media":[],"kind":"location","location":{"latitude":"1.25","longitude":"-2","name":"here"}}`, string(encode(result.Events[1].Message)))
	require.JSONEq(t, `{"text":"One","from_name":"A","media":[],"payload":"l1"}`, string(encode(result.Events[2].Message)))
	require.JSONEq(t, `{"text":null,"from_name":"A","media":[],"kind":"contacts"}`, string(encode(result.Events[3].Message)))
}
