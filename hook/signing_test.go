package hook_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

// The key of RFC 8037, appendix A, and its thumbprint there.
func TestAPublicKeyHasTheThumbprintOfRFC8037(t *testing.T) {
	t.Parallel()
	seed, err := base64.RawURLEncoding.DecodeString("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
	require.NoError(t, err)
	private := hook.Secret("whsk_" + base64.StdEncoding.EncodeToString(ed25519.NewKeyFromSeed(seed)))
	w := hook.Webhook{SigningKeys: []hook.Key{{Secret: private}}}
	require.Len(t, w.PublicKeys(), 1)
	k := w.PublicKeys()[0]
	require.Equal(t, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", k.X())
	require.Equal(t, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", k.ID())
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(k.String(), "whpk_"))
	require.NoError(t, err)
	require.Equal(t, []byte(k.Key), raw)
}

func TestWhatIsNoPrivateKeyIsNone(t *testing.T) {
	t.Parallel()
	made := hook.NewSigningKey()
	require.NotNil(t, made.PrivateKey())
	require.NotEqual(t, made, hook.NewSigningKey())
	for _, s := range []hook.Secret{"", "whsk_", "whsk_AAAA", made[:len(made)-4], made[5:], "whsec_" + made[5:], "whsk_" + made} {
		require.Nil(t, s.PrivateKey())
	}
}

func TestAWebhookHasWhatItSignsByAndNoMore(t *testing.T) {
	t.Parallel()
	w := hook.Webhook{}
	require.Equal(t, []hook.Signature{}, w.Signatures())
	made := w.SetSignatures([]hook.Signature{hook.SignatureEd25519, hook.SignatureHMAC})
	require.Equal(t, made, w.Keys[0].Secret)
	require.Equal(t, []hook.Signature{hook.SignatureHMAC, hook.SignatureEd25519}, w.Signatures())
	before := w
	require.Empty(t, w.SetSignatures(w.Signatures()))
	require.Equal(t, before, w, "what it has it keeps")
	require.Empty(t, w.SetSignatures([]hook.Signature{hook.SignatureEd25519}))
	require.Equal(t, hook.Webhook{SigningKeys: before.SigningKeys}, w)
	require.Empty(t, w.SetSignatures(nil))
	require.Equal(t, []hook.Signature{}, w.Signatures())
}
