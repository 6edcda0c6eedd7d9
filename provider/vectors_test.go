package provider

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func TestEveryVectorGetsItsVerdict(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		t.Run(v.ID+" "+v.Name, func(t *testing.T) {
			t.Parallel()
			verdict := verify(t, &v, v.config(t))
			valid := verdict.Accepted && !slices.Contains(v.Policy.Seen, verdict.Replay.Key)
			if v.Level != "either" {
				require.Equal(t, v.Expected.Valid, valid, "%s: %s (wanted %q)\n%s", verdict.Reason, verdict.Message, v.Expected.Reason, verdict.Signed)
			}
			if len(v.Policy.Seen) > 0 {
				require.Contains(t, v.Policy.Seen, verdict.Replay.Key)
			}
			if !verdict.Accepted {
				require.NotEmpty(t, verdict.Reason)
				require.NotEmpty(t, verdict.Message)
				require.Error(t, verdict.Err())
			}
			if want := v.Expected.Response; want != nil {
				answer := verdict.Answer
				if verdict.Accepted {
					answer = lookup(t, v.Provider).Events(v.request(), v.config(t)).Answer
				}
				require.Equal(t, want.Status, answer.Status)
				require.Equal(t, want.Body, answer.Body)
				require.Equal(t, want.ContentType, answer.ContentType)
			}
		})
	}
}

// What a user can enter is what the vectors are checked with: only those whose
// secret is empty are refused there already.
func TestConfigurationsOfTheVectorsCanBeEntered(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		fields := v.fields()
		stored, err := lookup(t, v.Provider).Parse(encode(fields))
		if err != nil {
			require.False(t, v.Expected.Valid, "%s: %v", v.ID, err)
			require.ErrorContains(t, err, "empty", v.ID)
			continue
		}
		c, err := lookup(t, v.Provider).Config([]hook.Secret{stored})
		require.NoError(t, err)
		require.Equal(t, verify(t, &v, v.config(t)), verify(t, &v, c), v.ID)
	}
}

func TestTheSignatureOfAnInboundParseFitsItsOwnTimestamp(t *testing.T) {
	t.Parallel()
	all := vectors(t)
	v := all[slices.IndexFunc(all, func(v vector) bool { return v.ID == "sendgrid-inbound-004" })]
	require.False(t, verify(t, &v, v.config(t)).Accepted)
	v.Headers["X-Twilio-Email-Event-Webhook-Timestamp"] = "1760000005"
	require.True(t, verify(t, &v, v.config(t)).Accepted)
}
