package test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/client"
	"posthorn/gateway"
	"posthorn/simulate"
)

// simulation runs 'posthorn simulate' as a developer does: what it prints, and
// the code that it ends with.
func (g *gate) simulation(t *testing.T, environment []string, arguments ...string) (output string, code int) {
	t.Helper()
	path, err := program()
	require.NoError(t, err)
	var printed bytes.Buffer
	command := exec.CommandContext(t.Context(), path, append([]string{"simulate"}, arguments...)...)
	command.Env = append(environment, "POSTHORN_URL="+g.config.URL, "POSTHORN_API_KEY="+g.tenant.Key)
	command.Stdout, command.Stderr = &printed, &printed
	if err := command.Run(); err != nil {
		require.ErrorAs(t, err, new(*exec.ExitError))
	}
	return printed.String(), command.ProcessState.ExitCode()
}

func TestASimulatedCallbackIsFollowedToItsDelivery(t *testing.T) {
	t.Parallel()
	g := start(t)
	r := receive(t)
	w := g.webhook(t, r, func(s *client.WebhookSettings) { s.Events = &[]string{"email", "message"} })
	for _, run := range [][]string{{"sendgrid"}, {"ses", "--kind", "delivered"}, {"twilio-whatsapp", "--kind", "media"}, {"vonage", "--scheme", "vonage-sig"}} {
		output, code := g.simulation(t, nil, run...)
		require.Zero(t, code, output)
		d := g.delivery(t, w.ID, hasStatus(client.DeliveryDelivered), "it is delivered")
		for _, shown := range []string{"made just now", "answered  200", "archived  ", "event     " + d.EventType + ", " + d.EventID, "delivery  " + d.ID, "attempt 1: 200"} {
			require.Contains(t, output, shown)
		}
		require.NotContains(t, output, g.tenant.Key)
	}
	again, code := g.simulation(t, nil, "sendgrid", "--kind", "opened")
	require.Zero(t, code, again)
	require.NotContains(t, again, "made just now", "the endpoint of the first run is found")
	output, code := g.simulation(t, nil, "mailgun-inbound", "--kind", "ticket")
	require.Zero(t, code, output)
	require.Contains(t, output, "event     message.received")
	require.Contains(t, output, "event     message.created")
	output, code = g.simulation(t, nil, "meta", "--kind", "challenge")
	require.Zero(t, code, output)
}

func TestASimulationForAnEndpointOfYoursNeedsItsSecret(t *testing.T) {
	t.Parallel()
	g := start(t)
	e, err := g.client.CreateEndpoint(t.Context(), client.EndpointSettings{
		Name: new("ours"), Provider: new("mailgun"), ProviderConfig: []byte(`{"signing_key":"the-signing-key"}`),
	})
	require.NoError(t, err)

	output, code := g.simulation(t, nil, "mailgun", "--endpoint", e.ID)
	require.Equal(t, 1, code)
	require.Contains(t, output, "does not show the endpoint's signing_key")

	output, code = g.simulation(t, []string{"POSTHORN_SIMULATE_SECRET=another"}, "mailgun", "--endpoint", e.ID)
	require.Equal(t, 2, code, "it is refused")
	require.Contains(t, output, "mismatch")
	require.Contains(t, output, "likely cause: the signing key")

	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, []byte("the-signing-key\n"), 0o600))
	output, code = g.simulation(t, nil, "mailgun", "--endpoint", e.ID, "--secret-file", file)
	require.Zero(t, code, output)
	require.Contains(t, output, "no active webhook subscribes to email.bounced")
	require.NotContains(t, output, "the-signing-key")

	output, code = g.simulation(t, nil, "postmark", "--endpoint", e.ID)
	require.Equal(t, 1, code)
	require.Contains(t, output, "is for mailgun, not for postmark")
}

func TestASimulationThatFailsOnTheWayEndsWithItsOwnCode(t *testing.T) {
	t.Parallel()
	g := start(t)
	g.webhook(t, receive(t, 500), func(s *client.WebhookSettings) { s.Events = &[]string{"message"} }, retries())
	output, code := g.simulation(t, nil, "plivo")
	require.Equal(t, 3, code, output)
	require.Contains(t, output, "attempt 1: 500")
}

func TestASESEndpointOfYoursIsSimulatedWithACertificateFromAFile(t *testing.T) {
	t.Parallel()
	certificate, err := simulate.NewCertificate()
	require.NoError(t, err)
	content, err := certificate.File()
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "sns.json")
	require.NoError(t, os.WriteFile(file, content, 0o600))
	believed, err := gateway.ReadCertificates(file)
	require.NoError(t, err)
	g := startWith(t, []gateway.Option{gateway.WithCertificates(believed)})
	e, err := g.client.CreateEndpoint(t.Context(), client.EndpointSettings{
		Name: new("ours"), Provider: new("ses"), ProviderConfig: []byte(`{"topic_arns":["arn:aws:sns:eu-west-1:1:ours"],"require_signature_version_2":true}`),
	})
	require.NoError(t, err)
	output, code := g.simulation(t, []string{"POSTHORN_SNS_CERTS=" + file}, "ses", "--endpoint", e.ID)
	require.Zero(t, code, output)
	require.Contains(t, output, "event     email.bounced")
	output, code = g.simulation(t, nil, "ses", "--endpoint", e.ID)
	require.Equal(t, 1, code)
	require.Contains(t, output, "POSTHORN_SNS_CERTS")
}

func TestWhatCanBeSimulatedIsListed(t *testing.T) {
	t.Parallel()
	g := &gate{}
	servers.start(t) // where the program is built
	output, code := g.simulation(t, nil, "--list")
	require.Zero(t, code)
	for _, name := range simulate.Providers() {
		require.Contains(t, "\n"+output, "\n"+name+"\n")
	}
	output, code = g.simulation(t, nil, "plivo", "--list", "--scheme", "plivo-v2")
	require.Zero(t, code)
	require.Contains(t, output, "message.failed")
	require.NotContains(t, output, "plivo-v3")
	output, code = g.simulation(t, nil, "plivo", "--kind", "opened")
	require.Equal(t, 1, code)
	require.Contains(t, output, "POSTHORN_URL and POSTHORN_API_KEY must be set")
}
