package test

import (
	"crypto/ed25519"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/client"
)

// TestAReceiverChecksByThePublishedKeys knows a webhook's id, and no secret.
func TestAReceiverChecksByThePublishedKeys(t *testing.T) {
	t.Parallel()
	g := start(t)
	receiver := receive(t)
	w := g.webhook(t, receiver, func(s *client.WebhookSettings) {
		s.Events, s.Signatures = &[]string{"order"}, &[]string{client.SignatureEd25519}
	})
	require.Empty(t, w.Secret)
	// check returns the ids of the keys that a delivery is signed by.
	check := func() (by []string) {
		g.publishMany(t, "order.made", 1)
		got := receiver.next(t)
		require.NotContains(t, got.header, "X-Webhook-Signature")
		keys, err := g.client.PublicKeys(t.Context(), w.ID)
		require.NoError(t, err)
		signed := slices.Concat([]byte(got.event()+"."+got.header.Get("Webhook-Timestamp")+"."), got.body)
		for one := range strings.FieldsSeq(got.header.Get("Webhook-Signature")) {
			text, ok := strings.CutPrefix(one, "v1a,")
			require.True(t, ok)
			signature, err := base64.StdEncoding.DecodeString(text)
			require.NoError(t, err)
			for _, k := range keys {
				x, err := base64.RawURLEncoding.DecodeString(k.X)
				require.NoError(t, err)
				if ed25519.Verify(x, signed, signature) {
					by = append(by, k.ID)
				}
			}
		}
		return by
	}
	require.Equal(t, []string{w.KeyID}, check())
	rotated, err := g.client.RotateWebhook(t.Context(), w.ID, time.Hour)
	require.NoError(t, err)
	require.Equal(t, []string{rotated.KeyID, w.KeyID}, check(), "both, for the overlap")
	last, err := g.client.RotateWebhook(t.Context(), w.ID, 0)
	require.NoError(t, err)
	require.Equal(t, []string{last.KeyID}, check())
}
