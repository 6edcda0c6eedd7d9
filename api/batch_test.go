package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

// batch sends NDJSON and reads the results.
func (s *service) batch(t testing.TB, e endpoint, body string, headers ...string) (got, []got) {
	t.Helper()
	g := s.send(t, "POST", e.path+"/batch", strings.NewReader(body), append(headers, "Authorization", "Bearer "+e.secret)...)
	if g.status != 200 {
		return g, nil
	}
	require.Equal(t, "application/x-ndjson", g.header.Get("Content-Type"))
	var results []got
	for line := range strings.Lines(g.raw) {
		r := got{raw: line}
		require.NoError(t, json.Unmarshal([]byte(line), &r.body))
		status, _ := r.body["status"].(float64)
		r.status = int(status)
		results = append(results, r)
	}
	return g, results
}

func TestEachLineOfABatchIsAnsweredAsAlone(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	earlier := s.deliver(t, e, message("earlier"))
	lines := []string{
		message("1"), "\r", message("2") + "\r", "  ", "{", "{}", message("earlier"), `[1]`,
		message("1"), strings.Replace(message("1"), "hello", "bye", 1), "\xff", " " + message("3") + " ",
	}
	_, results := s.batch(t, e, strings.Join(lines, "\n"))
	var numbers, statuses []int
	for _, r := range results {
		number, _ := r.body["line"].(float64)
		numbers, statuses = append(numbers, int(number)), append(statuses, r.status)
	}
	require.Equal(t, []int{1, 3, 5, 6, 7, 8, 9, 10, 11, 12}, numbers)
	require.Equal(t, []int{200, 200, 400, 422, 200, 422, 200, 200, 400, 200}, statuses)

	alone := s.deliver(t, e, "{}")
	require.Equal(t, alone.body["errors"], results[3].body["errors"])
	require.Len(t, results[2].pointers(), 1)
	require.Equal(t, false, results[0].data()["duplicate"])
	require.Equal(t, earlier.str("id"), results[4].str("id"))
	for _, r := range results[6:8] { // of one external_id the first line is the message
		require.Equal(t, true, r.data()["duplicate"])
		require.Equal(t, results[0].str("id"), r.str("id"))
		require.Equal(t, results[0].str("sha256"), r.str("sha256"))
	}
	require.Equal(t, true, s.call(t, key, "GET", "/api/v1/messages/"+results[0].str("id"), nil).data()["conflicting"])
	for i, want := range map[int]string{0: lines[0], 1: message("2"), 9: lines[11]} {
		require.Equal(t, hexSum(want), results[i].str("sha256"))
		require.Equal(t, want, s.call(t, key, "GET", "/api/v1/messages/"+results[i].str("id")+"/raw", nil).raw)
	}
	require.Len(t, s.call(t, key, "GET", "/api/v1/messages", nil).list(), 4)
	g := s.refused(t, key, e, 5)
	require.Equal(t, map[string]int{"400 malformed": 2, "422 invalid": 3}, g.counts(t))
}

func TestABatchHoldsAThousandMessages(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	var body strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&body, "%s\n\n", message(strconv.Itoa(i)))
	}
	g, _ := s.batch(t, e, body.String()+message("one more"))
	g.problem(t, 413)
	require.Empty(t, s.call(t, key, "GET", "/api/v1/messages", nil).list(), "nothing of it is stored")

	_, results := s.batch(t, e, body.String())
	require.Len(t, results, 1000)
	ids := map[string]bool{}
	for i, r := range results {
		require.Equal(t, 200, r.status, r.raw)
		require.Equal(t, strconv.Itoa(i), r.str("external_id"))
		ids[r.str("id")] = true
	}
	require.Len(t, ids, 1000)
	g, _ = s.batch(t, e, strings.Repeat(" ", hook.MaxBody)+message("x"))
	g.problem(t, 413)
	g, _ = s.batch(t, e, "\n\r\n \n")
	g.problem(t, 400)
}

func TestABatchMayBeCompressedAndCountsOnceForTheRate(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"auth": "hmac", "rate_limit": 1, "burst": 3})
	var body bytes.Buffer
	for i := range 50 {
		body.WriteString(message(strconv.Itoa(i)) + "\r\n")
	}
	wire := zip(t, body.String())
	g, results := s.batch(t, e, wire, "Content-Encoding", "gzip", "X-Comma-Signature", sign(e.secret, wire))
	require.Equal(t, 200, g.status, g.raw)
	require.Len(t, results, 50)
	require.Equal(t, hexSum(message("7")), results[7].str("sha256"))
	shown := s.call(t, key, "GET", "/api/v1/messages/"+results[7].str("id"), nil)
	require.Equal(t, "hello", shown.str("body"), "the line is not compressed, although its request was")

	g, _ = s.batch(t, e, wire, "Content-Encoding", "gzip")
	g.problem(t, 401)
	for range 5 {
		g, _ = s.batch(t, e, wire, "Content-Encoding", "gzip", "X-Comma-Signature", sign(e.secret, wire))
	}
	g.problem(t, 429)
	require.NotEmpty(t, g.header.Get("Retry-After"))
}

func TestABatchWaitsForTheReceiptsOfAllItsLines(t *testing.T) {
	t.Parallel()
	s := setup(t, inArchive(t))
	s.sealing(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"retention": "24h"})
	var lines []string
	for i := range 40 {
		lines = append(lines, message(strconv.Itoa(i%30)))
	}
	g, results := s.batch(t, e, strings.Join(append(lines, "{}"), "\n"), "Prefer", "wait=30")
	require.Equal(t, "wait=30", g.header.Get("Preference-Applied"))
	require.Len(t, results, 41)
	for i, r := range results[:40] {
		require.Equal(t, "archived", r.str("status"))
		receipt, _ := r.data()["receipt"].(map[string]any)
		require.Contains(t, receipt["object_key"], r.str("id"))
		require.Equal(t, i >= 30, r.data()["duplicate"])
	}
	require.Equal(t, 422, results[40].status)
}
