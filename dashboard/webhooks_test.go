package dashboard_test

import (
	"encoding/json"
	"html"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/client"
	"posthorn/hook"
)

func TestAWebhooksBoundsAndSignaturesAreSetInItsForm(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := s.signedIn(t, s.tenant, hook.RoleOperator)
	fields := []string{"name", "orders", "url", "https://example.com/hooks", "patterns", "orders.*", "format", "standard", "ordered_by", "data.order", "ordered_on_failure", "skip"}
	g := b.post(t, "/portal/webhooks/new", append(fields, "rate_limit", "5", "max_in_flight", "2", "signatures", "v1a")...)
	require.Equal(t, http.StatusOK, g.status, g.body)
	list, err := s.api.WebhookPage(s.as(t), client.Page{})
	require.NoError(t, err)
	w := list.Items[0]
	require.Equal(t, []any{5, 2, "skip"}, []any{w.RateLimit, w.MaxInFlight, w.OrderedOnFailure})
	require.Equal(t, []string{client.SignatureEd25519}, w.Signatures)
	require.Contains(t, html.UnescapeString(b.get(t, "/portal/webhooks/"+w.ID).body), w.PublicKey)

	g = b.post(t, "/portal/webhooks/"+w.ID+"/edit", append(fields, "rate_limit", "", "max_in_flight", "", "signatures", "v1 v1a")...)
	require.Equal(t, http.StatusSeeOther, g.status, g.body)
	w, err = s.api.Webhook(s.as(t), w.ID)
	require.NoError(t, err)
	require.Equal(t, []any{0, 0}, []any{w.RateLimit, w.MaxInFlight}, "an empty field ends a bound")
	require.Equal(t, []string{client.SignatureHMAC, client.SignatureEd25519}, w.Signatures)
}

// lane is a webhook with two deliveries of one order key.
func (s *site) lane(t *testing.T) (first, second string) {
	t.Helper()
	w, err := s.api.CreateWebhook(s.as(t), client.WebhookSettings{
		Name: new("billing"), URL: new("https://billing.example.com/hooks"), Events: &[]string{"order.changed"}, OrderedBy: new("string(data.order)"),
	})
	require.NoError(t, err)
	for _, id := range []*string{&first, &second} {
		e, err := s.api.Publish(s.as(t), client.NewEvent{Type: "order.changed", Data: json.RawMessage(`{"order":7}`)})
		require.NoError(t, err)
		*id = s.find(t, s.tenant, e, w.ID).String()
	}
	return first, second
}

func TestADeliveryThatWaitsForAnotherSaysForWhich(t *testing.T) {
	t.Parallel()
	s := setup(t)
	first, second := s.lane(t)
	b := s.signedIn(t, s.tenant, hook.RoleAuditor)
	page := b.get(t, "/portal/deliveries/"+second).body
	require.Contains(t, page, "Waits for the one before it")
	require.Contains(t, page, "/portal/deliveries/"+first)
	require.NotContains(t, b.get(t, "/portal/deliveries/"+first).body, "Waits for the one before it")
}
