package client_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/client"
)

func TestAHandlerOfThisProcessIsCalledAsAServerIs(t *testing.T) {
	t.Parallel()
	type key struct{}
	large := strings.Repeat("x", 1<<20)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/tenant", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"success":true,"data":{"name":%q}}`, r.Context().Value(key{}))
	})
	mux.HandleFunc("GET /api/v1/messages/1/raw", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, large) })
	mux.HandleFunc("DELETE /api/v1/webhooks/1", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"detail":"not now"}`)
	})
	c, err := client.New("http://within", "", client.Handler(mux))
	require.NoError(t, err)

	tenant, err := c.Tenant(context.WithValue(t.Context(), key{}, "Acme"))
	require.NoError(t, err)
	require.Equal(t, "Acme", tenant.Name, "the context reaches the handler")
	file, err := c.MessageRaw(t.Context(), "1")
	require.NoError(t, err)
	content, err := io.ReadAll(file.Body)
	require.NoError(t, err)
	require.NoError(t, file.Body.Close())
	require.Equal(t, large, string(content))
	require.ErrorContains(t, c.DeleteWebhook(t.Context(), "1"), "not now")

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Tenant(ended)
	require.ErrorIs(t, err, context.Canceled)
}
