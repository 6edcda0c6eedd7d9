package simulate_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/simulate"
)

func TestTheSameSeedMakesTheSameSecrets(t *testing.T) {
	t.Parallel()
	all := map[string]string{}
	for _, name := range simulate.Providers() {
		for _, scheme := range simulate.Schemes(name) {
			one, err := simulate.Generate(name, scheme, seed)
			require.NoError(t, err)
			again, err := simulate.Generate(name, scheme, seed)
			require.NoError(t, err)
			require.Equal(t, one, again)
			raw, err := json.Marshal(one.Config)
			require.NoError(t, err)
			require.NotContains(t, all, string(raw), "%s %s and %s", name, scheme, all[string(raw)])
			all[string(raw)] = name + " " + scheme
		}
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		provider, kind string
		config         simulate.Config
		message        string
	}{
		{"twilo-sms", "", simulate.Config{}, "choose one of sendgrid, sendgrid-inbound"},
		{"twilio-sms", "opened", simulate.Config{AuthToken: "x"}, "choose one of delivered, queued, sent"},
		{"twilio-sms", "", simulate.Config{}, "auth_token"},
		{"twilio-sms", "", simulate.Config{Scheme: "sns"}, "choose one of twilio-sha1"},
		{"sendgrid", "", simulate.Config{}, "private key"},
		{"sendgrid-inbound", "", simulate.Config{}, "private key"},
		{"mailgun", "", simulate.Config{}, "signing_key"},
		{"mailgun-inbound", "raw", simulate.Config{}, "signing_key"},
		{"postmark", "", simulate.Config{}, "username"},
		{"gupshup", "", simulate.Config{Header: "X"}, "value"},
		{"meta", "", simulate.Config{VerifyToken: "x"}, "app_secret"},
		{"meta", "challenge", simulate.Config{AppSecret: "x"}, "verify_token"},
		{"messagebird", "", simulate.Config{}, "signing_key"},
		{"messagebird", "", simulate.Config{Scheme: "standard-webhooks", Secret: "!"}, "whsec_"},
		{"messagebird", "media", simulate.Config{}, "no kind \"media\" by the scheme messagebird-jwt"},
		{"ses", "", simulate.Config{}, "topic_arns"},
		{"ses", "", simulate.Config{TopicARNs: []string{"t"}}, "POSTHORN_SNS_CERTS"},
		{"vonage", "", simulate.Config{Scheme: "vonage-sig", SignatureSecret: "x"}, "algorithm"},
		{"vonage", "", simulate.Config{}, "signature_secret"},
		{"plivo", "", simulate.Config{}, "auth_token"},
	} {
		_, err := simulate.Make(c.provider, c.kind, simulate.Target{URL: base, Config: c.config})
		require.ErrorContains(t, err, c.message)
		require.NotContains(t, err.Error(), "\"x\"")
	}
	_, err := simulate.Generate("ses", "twilio-sha1", seed)
	require.ErrorContains(t, err, "choose one of sns")
	_, err = simulate.Generate("sms", "", seed)
	require.ErrorContains(t, err, "no provider")
}

func TestTheSecretOfAKindIsNamed(t *testing.T) {
	t.Parallel()
	for _, name := range simulate.Providers() {
		for _, scheme := range simulate.Schemes(name) {
			made, err := simulate.Generate(name, scheme, seed)
			require.NoError(t, err)
			secret, err := simulate.SecretName(name, "", made.Config)
			require.NoError(t, err)
			raw, err := json.Marshal(made.Config)
			require.NoError(t, err)
			var config map[string]any
			require.NoError(t, json.Unmarshal(raw, &config))
			if secret != "" {
				require.NotEmpty(t, config[secret], "%s %s %s", name, scheme, secret)
			} else {
				require.Contains(t, []string{"sendgrid", "sendgrid-inbound", "ses"}, name)
			}
		}
	}
	secret, err := simulate.SecretName("meta", "challenge", simulate.Config{})
	require.NoError(t, err)
	require.Equal(t, "verify_token", secret)
}

func TestAFileOfCertificatesHoldsACertificateAndItsKey(t *testing.T) {
	t.Parallel()
	content, err := certificate.File()
	require.NoError(t, err)
	read, err := simulate.ParseFile(content)
	require.NoError(t, err)
	require.Equal(t, certificate.URL, read.URL)
	require.Equal(t, certificate.PEM, read.PEM)
	require.Equal(t, certificate.Key, read.Key)

	alone, err := json.Marshal(map[string]string{certificate.URL: certificate.PEM})
	require.NoError(t, err)
	_, err = simulate.ParseFile(alone)
	require.ErrorIs(t, err, simulate.ErrNoKey)
	_, err = simulate.ParseFile([]byte("-----BEGIN"))
	require.ErrorContains(t, err, "JSON object")

	var list map[string]string
	require.NoError(t, json.Unmarshal(content, &list))
	one, err := simulate.ParseFile([]byte(list[certificate.URL]))
	require.NoError(t, err)
	require.Equal(t, certificate.PEM, one.PEM)
	require.True(t, strings.HasSuffix(one.URL, ".pem"))
	_, err = simulate.ParseKey([]byte(certificate.PEM))
	require.ErrorContains(t, err, "private key")
}
