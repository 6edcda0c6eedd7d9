package hook_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func validWebhook() hook.Webhook {
	f := hook.FormatStandard
	return hook.Webhook{
		Name: "crm", URL: "https://example.com/hook", Events: []string{"message.received", "ticket", "a.*", "*"}, Format: f,
		Keys: []hook.Key{{Secret: hook.NewWebhookSecret()}}, Headers: map[string]string{"X-Api-Key": "k", "Authorization": "Bearer é\t"},
		RetryPolicy: f.DefaultRetryPolicy(), DisableAfter: f.DefaultDisableAfter(), Timeout: f.DefaultTimeout(),
	}
}

func TestWebhookNamesEveryBadField(t *testing.T) {
	t.Parallel()
	anyURL := func(string) error { return nil }
	good := validWebhook()
	require.NoError(t, good.Validate(anyURL))
	for name, test := range map[string]struct {
		change func(*hook.Webhook)
		want   []string // none: it stays valid
	}{
		"no name":             {func(w *hook.Webhook) { w.Name = "" }, []string{"/name"}},
		"200 characters":      {func(w *hook.Webhook) { w.Name = strings.Repeat("é", 200) }, nil},
		"201 characters":      {func(w *hook.Webhook) { w.Name = strings.Repeat("é", 201) }, []string{"/name"}},
		"NUL in the name":     {func(w *hook.Webhook) { w.Name = "a\x00" }, []string{"/name"}},
		"long URL":            {func(w *hook.Webhook) { w.URL = "https://x/" + strings.Repeat("x", 2000) }, []string{"/url"}},
		"no events":           {func(w *hook.Webhook) { w.Events = nil }, []string{"/events"}},
		"50 events":           {func(w *hook.Webhook) { w.Events = strings.Fields(strings.Repeat("a ", 50)) }, nil},
		"51 events":           {func(w *hook.Webhook) { w.Events = strings.Fields(strings.Repeat("a ", 51)) }, []string{"/events"}},
		"bad patterns":        {func(w *hook.Webhook) { w.Events = []string{"a", "*.b", "c", "d*"} }, []string{"/events/1", "/events/3"}},
		"no secret":           {func(w *hook.Webhook) { w.Keys = nil }, nil},
		"16 characters":       {func(w *hook.Webhook) { w.Keys[0].Secret = hook.Secret(strings.Repeat("é", 16)) }, nil},
		"15 characters":       {func(w *hook.Webhook) { w.Keys[0].Secret = hook.Secret(strings.Repeat("é", 15)) }, []string{"/secret"}},
		"500 characters":      {func(w *hook.Webhook) { w.Keys[0].Secret = hook.Secret(strings.Repeat("é", 500)) }, nil},
		"501 characters":      {func(w *hook.Webhook) { w.Keys[0].Secret = hook.Secret(strings.Repeat("é", 501)) }, []string{"/secret"}},
		"no format":           {func(w *hook.Webhook) { w.Format = "" }, []string{"/format"}},
		"no retries":          {func(w *hook.Webhook) { w.RetryPolicy = nil }, nil},
		"11 retries":          {func(w *hook.Webhook) { w.RetryPolicy = make([]int, 11) }, []string{"/retry_policy"}},
		"bad waits":           {func(w *hook.Webhook) { w.RetryPolicy = []int{0, -1, 604800, 604801} }, []string{"/retry_policy/1", "/retry_policy/3"}},
		"disabled after none": {func(w *hook.Webhook) { w.DisableAfter = 0 }, []string{"/disable_after"}},
		"timeout too short":   {func(w *hook.Webhook) { w.Timeout = 99 * time.Millisecond }, []string{"/timeout"}},
		"timeout too long":    {func(w *hook.Webhook) { w.Timeout = time.Minute + 1 }, []string{"/timeout"}},
		"all at once": {func(w *hook.Webhook) { *w = hook.Webhook{} },
			[]string{"/name", "/events", "/format", "/disable_after", "/timeout"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := validWebhook()
			test.change(&w)
			err := w.Validate(anyURL)
			if test.want == nil {
				require.NoError(t, err)
				return
			}
			require.Equal(t, test.want, pointers(t, err))
		})
	}
}

func TestWebhookURLIsCheckedByItsText(t *testing.T) {
	t.Parallel()
	w := validWebhook()
	err := w.Validate(func(u string) error {
		require.Equal(t, w.URL, u)
		return errors.New("must be https")
	})
	require.Equal(t, []string{"/url"}, pointers(t, err))
	require.ErrorContains(t, err, "must be https")
}

func TestCustomHeadersCannotReplaceOurs(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"Content-Type": "x", "user-agent": "x", "X-WEBHOOK-EVENT": "x", "x-webhook-delivery": "x", "X-Webhook-Signature": "x",
		"webhook-id": "x", "webhook-timestamp": "x", "webhook-signature": "x", "X-SendComms-Signature": "x", "Commenda-X-Secret": "x",
		"Host": "x", "content-length": "0", "Transfer-Encoding": "x", "Connection": "x", "Keep-Alive": "x",
		"Proxy-Connection": "x", "TE": "trailers", "Trailer": "x", "upgrade": "h2c", "X-A: b\r\nX-B": "x", "X\r\n": "x",
		"": "x", "a b": "x", "a:": "x", "ä": "x", "X-A": "a\r\nb", "X-B": "\x00", "X-C": "a\nb", "X-D": "\x7f", "X-E": strings.Repeat("x", 4097),
	} {
		w := validWebhook()
		w.Headers = map[string]string{name: value}
		require.Equal(t, []string{"/headers/" + name}, pointers(t, w.Validate(func(string) error { return nil })))
	}
	w := validWebhook()
	w.Headers = map[string]string{"X-A": "1", "x-a": "2", "a/b~c": ""}
	require.Equal(t, []string{"/headers/a~1b~0c", "/headers/x-a"}, pointers(t, w.Validate(func(string) error { return nil })))
	w.Headers = map[string]string{}
	for i := range 51 {
		w.Headers[fmt.Sprintf("X-%d", i)] = "x"
	}
	require.Equal(t, []string{"/headers"}, pointers(t, w.Validate(func(string) error { return nil })))
}

func TestAWebhookIsNamedAfterItsHost(t *testing.T) {
	t.Parallel()
	require.Equal(t, "example.com", hook.DefaultName("https://example.com/x?y"))
	require.Len(t, hook.DefaultName("https://"+strings.Repeat("x", 300)+"/"), hook.MaxName)
	for _, odd := range []string{"", "::", "/path"} {
		require.Equal(t, "webhook", hook.DefaultName(odd))
	}
}
