package hook_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func TestEndpointNamesEveryBadField(t *testing.T) {
	t.Parallel()
	valid := func() hook.Endpoint {
		return hook.Endpoint{
			Name: "in", Auth: hook.AuthHMAC, Signature: hook.DefaultSignature(), RateLimit: hook.DefaultRateLimit,
			Burst: 10 * hook.DefaultRateLimit, DedupWindow: hook.DefaultDedupWindow, Retention: hook.DefaultRetention,
		}
	}
	for name, test := range map[string]struct {
		change func(*hook.Endpoint)
		want   []string
	}{
		"as it is":           {func(*hook.Endpoint) {}, nil},
		"200 characters":     {func(e *hook.Endpoint) { e.Name = strings.Repeat("é", 200) }, nil},
		"201 characters":     {func(e *hook.Endpoint) { e.Name = strings.Repeat("é", 201) }, []string{"/name"}},
		"NUL in the name":    {func(e *hook.Endpoint) { e.Name = "\x00" }, []string{"/name"}},
		"unknown auth":       {func(e *hook.Endpoint) { e.Auth = "basic" }, []string{"/auth"}},
		"base64":             {func(e *hook.Endpoint) { e.Signature.Encoding = "base64" }, nil},
		"no scheme":          {func(e *hook.Endpoint) { e.Signature = hook.SignatureScheme{} }, []string{"/signature/header", "/signature/encoding"}},
		"header with blanks": {func(e *hook.Endpoint) { e.Signature.Header = "X Sig" }, []string{"/signature/header"}},
		"bearer needs none":  {func(e *hook.Endpoint) { e.Auth, e.Signature = hook.AuthBearer, hook.SignatureScheme{} }, nil},
		"no rate":            {func(e *hook.Endpoint) { e.RateLimit, e.Burst = 0, 0 }, []string{"/rate_limit", "/burst"}},
		"huge rate":          {func(e *hook.Endpoint) { e.RateLimit, e.Burst = 1_000_001, 10_000_001 }, []string{"/rate_limit", "/burst"}},
		"no window":          {func(e *hook.Endpoint) { e.DedupWindow = 0 }, []string{"/dedup_window"}},
		"short retention":    {func(e *hook.Endpoint) { e.Retention = time.Minute }, []string{"/retention"}},
		"endless retention":  {func(e *hook.Endpoint) { e.Retention = 101 * 365 * 24 * time.Hour }, []string{"/retention"}},
		"all at once":        {func(e *hook.Endpoint) { *e = hook.Endpoint{} }, []string{"/name", "/auth", "/rate_limit", "/burst", "/dedup_window", "/retention"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := valid()
			test.change(&e)
			if test.want == nil {
				require.NoError(t, e.Validate())
				return
			}
			require.Equal(t, test.want, pointers(t, e.Validate()))
		})
	}
}

func TestOnlyABearerTokenIsACredential(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Authorization", (&hook.Endpoint{Auth: hook.AuthBearer}).CredentialHeader())
	require.Empty(t, (&hook.Endpoint{Auth: hook.AuthHMAC}).CredentialHeader(), "a signature tells nothing of its key")
}
