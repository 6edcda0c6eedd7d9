package provider

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func TestConfigurationsThatCanVerifyAreTaken(t *testing.T) {
	t.Parallel()
	_, key := sendgridKey(t)
	for provider, configs := range map[string][]string{
		"sendgrid":         {`{"public_key":"` + key + `"}`, `{"public_key":"-----BEGIN PUBLIC KEY-----\n` + key + `\n-----END PUBLIC KEY-----"}`},
		"sendgrid-inbound": {`{"public_key":"` + key + `"}`, `{"username":"u","password":"p:w"}`, `{"public_key":"` + key + `","username":"u","password":"p"}`},
		"mailgun":          {`{"signing_key":"k"}`, `{"signing_key":"k","tolerance_seconds":60}`},
		"mailgun-inbound":  {`{"signing_key":"k","ticket_address":"^t-([0-9]+)@"}`},
		"postmark":         {`{"username":"u","password":"p"}`, `{"header":"X-Hook","value":"v"}`, `{"username":"u","password":"p","header":null}`},
		"postmark-inbound": {`{"header":"X-Hook","value":"v"}`},
		"email":            {`{"username":"u","password":"p","ticket_reference":"^case\\.([a-z]+)@"}`},
		"twilio-sms":       {`{"auth_token":"t"}`, `{"auth_token":"t","account_sid":"AC1"}`},
		"twilio-whatsapp":  {`{"auth_token":"t"}`},
		"meta":             {`{"app_secret":"s","verify_token":"v"}`, `{"app_secret":"s","verify_token":"v","access_token":"a"}`},
		"messagebird":      {`{"scheme":"messagebird-jwt","signing_key":"k"}`, `{"scheme":"standard-webhooks","secret":"whsec_` + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" + `"}`},
		"ses":              {`{"topic_arns":["arn:aws:sns:eu-west-1:1:t"],"require_signature_version_2":true}`, `{"topic_arns":["arn:aws-cn:sns:cn-north-1:1:t"]}`},
		"gupshup":          {`{"header":"Authorisation","value":"Bearer abc"}`},
		"vonage":           {`{"scheme":"vonage-jwt","signature_secret":"s"}`, `{"scheme":"vonage-sig","signature_secret":"s","algorithm":"md5hash"}`},
		"plivo":            {`{"auth_token":"t"}`},
	} {
		p := lookup(t, provider)
		for _, config := range configs {
			stored, err := p.Parse([]byte(config))
			require.NoError(t, err, "%s %s", provider, config)
			_, err = p.Config([]hook.Secret{stored})
			require.NoError(t, err)
		}
	}
	require.Len(t, Names(), 15)
}

func TestABadConfigurationNamesEveryBadField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ provider, config, pointers string }{
		{"sendgrid", `{}`, "/provider_config/public_key"},
		{"sendgrid", `[]`, "/provider_config"},
		{"sendgrid", `null`, "/provider_config"},
		{"sendgrid", `{"public_key":"AAAA"}`, "/provider_config/public_key"},
		{"sendgrid", `{"public_key":"%%"}`, "/provider_config/public_key"},
		{"sendgrid", `{"public_key":7,"a/b~c":1}`, "/provider_config/a~1b~0c /provider_config/public_key"},
		{"sendgrid-inbound", `{}`, "/provider_config"},
		{"sendgrid-inbound", `{"username":"u"}`, "/provider_config/password"},
		{"mailgun", `{"signing_key":""}`, "/provider_config/signing_key"},
		{"mailgun", `{"signing_key":" k"}`, "/provider_config/signing_key"},
		{"mailgun", `{"signing_key":"•••"}`, "/provider_config/signing_key"},
		{"mailgun", `{"signing_key":"k","tolerance_seconds":0}`, "/provider_config/tolerance_seconds"},
		{"mailgun", `{"signing_key":"k","tolerance_seconds":1.5}`, "/provider_config/tolerance_seconds"},
		{"mailgun", `{"signing_key":"k","tolerance_seconds":"60"}`, "/provider_config/tolerance_seconds"},
		{"mailgun-inbound", `{"signing_key":"k","ticket_address":"(a)(b)"}`, "/provider_config/ticket_address"},
		{"mailgun-inbound", `{"signing_key":"k","ticket_address":"("}`, "/provider_config/ticket_address"},
		{"postmark", `{"username":"u:x","password":"p"}`, "/provider_config/username"},
		{"postmark", `{"username":"u","password":"p","header":"h","value":"v"}`, "/provider_config"},
		{"postmark", `{"header":"X Y","value":"v"}`, "/provider_config/header"},
		{"postmark", `{"header":"X","value":"v\r\nY: z"}`, "/provider_config/value"},
		{"twilio-sms", `{"account_sid":"AC1"}`, "/provider_config/auth_token"},
		{"meta", `{"app_secret":""}`, "/provider_config/app_secret"},
		{"meta", `{"access_token":"a"}`, "/provider_config/app_secret /provider_config/verify_token"},
		{"messagebird", `{"signing_key":"k"}`, "/provider_config/scheme"},
		{"messagebird", `{"scheme":"jwt","signing_key":"k"}`, "/provider_config/scheme"},
		{"messagebird", `{"scheme":"bird-hmac","secret":"k"}`, "/provider_config/signing_key"},
		{"messagebird", `{"scheme":"standard-webhooks","secret":"whsec_"}`, "/provider_config/secret"},
		{"ses", `{}`, "/provider_config/topic_arns"},
		{"ses", `{"topic_arns":[]}`, "/provider_config/topic_arns"},
		{"ses", `{"topic_arns":null}`, "/provider_config/topic_arns"},
		{"ses", `{"topic_arns":["*"]}`, "/provider_config/topic_arns"},
		{"ses", `{"topic_arns":["arn:aws:sns:eu-west-1:1:t"],"require_signature_version_2":"yes"}`, "/provider_config/require_signature_version_2"},
		{"vonage", `{"signature_secret":"s"}`, "/provider_config/scheme"},
		{"vonage", `{"scheme":"vonage-sig","signature_secret":"s"}`, "/provider_config/algorithm"},
		{"vonage", `{"scheme":"vonage-sig","signature_secret":"s","algorithm":"none"}`, "/provider_config/algorithm"},
		{"plivo", `{"auth_token":"` + strings.Repeat("x", 5000) + `"}`, "/provider_config/auth_token"},
	} {
		_, err := lookup(t, c.provider).Parse([]byte(c.config))
		var bad *hook.Error
		require.ErrorAs(t, err, &bad, "%s %s", c.provider, c.config)
		require.Equal(t, hook.CodeInvalid, bad.Code)
		var pointers []string
		for _, f := range bad.Fields {
			pointers = append(pointers, f.Pointer)
			require.NotEmpty(t, f.Message)
		}
		require.Equal(t, c.pointers, strings.Join(pointers, " "), "%s %s", c.provider, c.config)
	}
}

func TestSecretsAreMaskedAndTheMaskSentBackChangesNothing(t *testing.T) {
	t.Parallel()
	p := lookup(t, "meta")
	stored, err := p.Parse([]byte(`{"app_secret":"hush-1","verify_token":"hush-2","access_token":"hush-3","tolerance_seconds":9}`))
	require.NoError(t, err)
	require.NotContains(t, fmt.Sprintf("%v %+v %s", stored, stored, stored), "hush")
	shown := p.Mask(stored)
	require.NotContains(t, string(shown), "hush")
	require.JSONEq(t, `{"app_secret":"•••","verify_token":"•••","access_token":"•••","tolerance_seconds":9}`, string(shown))

	var back map[string]any
	require.NoError(t, json.Unmarshal(shown, &back))
	back["app_secret"], back["access_token"] = "new", nil
	changed, err := p.Patch(stored, encode(back))
	require.NoError(t, err)
	require.JSONEq(t, `{"app_secret":"new","verify_token":"hush-2","tolerance_seconds":9}`, changed.Reveal())

	_, err = p.Patch(stored, []byte(`{"verify_token":null,"app_secret":null}`))
	require.ErrorContains(t, err, "/provider_config/verify_token")
	_, err = p.Patch(stored, []byte(`7`))
	require.ErrorContains(t, err, "/provider_config")
}

func TestCredentialsOfARequestAreNamed(t *testing.T) {
	t.Parallel()
	headers, parameters := lookup(t, "gupshup").Credentials(configOf(t, "gupshup", map[string]any{"header": "X-Hook", "value": "v"}))
	require.Equal(t, []string{"Authorization", "X-Hook"}, headers)
	require.Empty(t, parameters)
	_, parameters = lookup(t, "meta").Credentials(configOf(t, "meta", map[string]any{"verify_token": "v"}))
	require.Equal(t, []string{"hub.verify_token"}, parameters)
}
