package api_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"posthorn/activities"
	"posthorn/hook"
)

func zip(t testing.TB, body string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, body)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

// deliverZipped sends a compressed body, whatever it is.
func (s *service) deliverZipped(t testing.TB, e endpoint, body string) got {
	t.Helper()
	return s.send(t, "POST", e.path, strings.NewReader(body), "Authorization", "Bearer "+e.secret, "Content-Encoding", "gzip")
}

func hexSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestACompressedBodyIsKeptAsItCame(t *testing.T) {
	t.Parallel()
	s := setup(t, inArchive(t))
	tenant, key := s.tenant(t)
	e := s.endpoint(t, key, object{"auth": "hmac", "retention": "24h"})
	wire := zip(t, message("1"))
	g := s.send(t, "POST", e.path, strings.NewReader(wire), "Content-Encoding", "GZIP", "X-Comma-Signature", sign(e.secret, message("1")))
	g.problem(t, 401) // the signature is over what comes over the wire
	g = s.send(t, "POST", e.path, strings.NewReader(wire), "Content-Encoding", "x-gzip", "X-Comma-Signature", sign(e.secret, wire))
	require.Equal(t, 200, g.status, g.raw)
	require.Equal(t, hexSum(wire), g.str("sha256"))

	path := "/api/v1/messages/" + g.str("id")
	before := s.call(t, key, "GET", path, nil)
	require.Equal(t, "hello", before.str("body"))
	require.Equal(t, wire, s.call(t, key, "GET", path+"/raw", nil).raw)
	require.Equal(t, "hello", s.call(t, key, "GET", "/api/v1/messages", nil).list()[0]["body"])

	id, err := hook.ParseID(g.str("id"))
	require.NoError(t, err)
	worker := activities.Activities{Store: s.store, Archive: s.config.Archive}
	_, err = worker.Seal(t.Context(), id)
	require.NoError(t, err)
	after := s.call(t, key, "GET", path, nil)
	require.Equal(t, "archived", after.str("status"))
	require.Equal(t, "hello", after.str("body"))
	require.Equal(t, wire, s.call(t, key, "GET", path+"/raw", nil).raw)
	stored, err := s.store.Message(t.Context(), uuid.MustParse(tenant), id)
	require.NoError(t, err)
	record, err := s.config.Archive.ReadRecord(t.Context(), stored.Location)
	require.NoError(t, err)
	require.Equal(t, wire, string(record.Body))
	require.Contains(t, string(record.Request), "Content-Encoding: x-gzip\r\n")
}

func TestCompressedBodiesThatAreRefused(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	good := zip(t, message("1"))
	s.deliverZipped(t, e, message("1")).problem(t, 400)
	s.deliverZipped(t, e, good[:len(good)-3]).problem(t, 400)
	s.deliverZipped(t, e, good+"garbage").problem(t, 400)
	s.deliverZipped(t, e, "").problem(t, 400)
	s.deliverZipped(t, e, zip(t, "")).problem(t, 400)
	s.deliverZipped(t, e, zip(t, "{}")).problem(t, 422)
	for _, coding := range []string{"br", "gzip, gzip", "deflate"} {
		g := s.send(t, "POST", e.path, strings.NewReader(good), "Authorization", "Bearer "+e.secret, "Content-Encoding", coding)
		g.problem(t, 415)
		require.Equal(t, "gzip", g.header.Get("Accept-Encoding"))
	}
	padded := func(size int) string { m := message("padded"); return m + strings.Repeat(" ", size-len(m)) }
	require.Equal(t, 200, s.deliverZipped(t, e, zip(t, padded(hook.MaxBody))).status)
	s.deliverZipped(t, e, zip(t, padded(hook.MaxBody+1))).problem(t, 413)
	require.Equal(t, 200, s.deliverZipped(t, e, good).status)
	g := s.send(t, "POST", e.path, strings.NewReader(message("2")), "Authorization", "Bearer "+e.secret, "Content-Encoding", "Identity")
	require.Equal(t, http.StatusOK, g.status, g.raw)
}

// TestABombIsDefused: 10 MB that would become 10 GB. Nobody waits for that.
func TestABombIsDefused(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	member := zip(t, strings.Repeat("\x00", 20<<20))
	bomb := strings.Repeat(member, hook.MaxBody/len(member))
	require.Greater(t, len(bomb), 9<<20)
	s.deliverZipped(t, e, bomb).problem(t, 413)
	unsigned := s.send(t, "POST", e.path, strings.NewReader(bomb), "Content-Encoding", "gzip")
	unsigned.problem(t, 401)
	empty := zip(t, "")
	s.deliverZipped(t, e, strings.Repeat(empty, hook.MaxBody/len(empty))).problem(t, 400)
}
