package client_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/client"
)

func TestABatchIsSentAsLinesAndEachIsAnswered(t *testing.T) {
	t.Parallel()
	var sent string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sent = string(body)
		if r.URL.Path != "/in/batch" || r.Header.Get("Content-Type") != "application/x-ndjson" || r.Header.Get("Prefer") != "wait=7" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = io.WriteString(w, `{"line":1,"status":200,"data":{"id":"m","status":"archived","receipt":{"object_key":"k","length":9,"sha256":"s"}}}
{"line":2,"status":422,"errors":[{"pointer":"/to","message":"is required"}]}
`)
	}))
	defer server.Close()
	sender := client.NewSender(server.URL+"/in", "secret")
	results, err := sender.SendBatch(t.Context(), []client.NewMessage{{ExternalID: "1"}, {ExternalID: "2"}}, client.Wait(7*time.Second))
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(sent, "\n"))
	require.Len(t, results, 2)
	require.NoError(t, results[0].Err())
	require.Equal(t, "k", results[0].Accepted.Receipt.ObjectKey)
	require.EqualValues(t, 9, results[0].Accepted.Receipt.Length)
	var refused *client.Error
	require.ErrorAs(t, results[1].Err(), &refused)
	require.Equal(t, 422, refused.StatusCode)
	require.Equal(t, "/to", refused.Fields[0].Pointer)

	_, err = client.NewSender(server.URL, "secret").SendBatch(t.Context(), nil)
	require.ErrorAs(t, err, &refused)
}

func TestAnAnswerToABatchThatBreaksOffIsAnError(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"line":1,"status":200,"data":{}}`+"\n"+`{"line":2,`)
	}))
	defer server.Close()
	results, err := client.NewSender(server.URL, "secret").SendBatchRaw(t.Context(), []byte("{}\n{}"))
	require.Error(t, err)
	require.Len(t, results, 1)
}
