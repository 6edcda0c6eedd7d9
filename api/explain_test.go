package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhoEnteredAnotherURLIsToldItAndLosesNothing(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	for _, name := range []string{"twilio-sms", "plivo", "messagebird"} {
		f := s.sends(t, key, name, "", object{})
		entered := f
		entered.target.URL = "https://mail.example.org" + f.path
		c := entered.make(t, "received")
		c.URL = base + c.URL[len("https://mail.example.org"):] // where a proxy hands it on
		require.Equal(t, http.StatusUnauthorized, s.callback(t, c, "X-Forwarded-Host", "mail.example.org").status)
		listed := s.refused(t, key, f.endpoint, 1).list()[0]
		why, _ := listed["explanation"].(map[string]any)
		require.Contains(t, why["cause"], "public_url, to https://mail.example.org", name)

		path, id := "/api/v1/endpoints/"+f.id, listed["id"].(string)
		require.Equal(t, 200, s.call(t, key, "PATCH", path, object{"public_url": "https://mail.example.org"}).status)
		require.Equal(t, 200, s.call(t, key, "POST", path+"/refused/"+id+"/readmit", nil).status, name)
		require.Len(t, s.messages(t, key, f.endpoint), 1)
	}
}
