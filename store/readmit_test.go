package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

// keptRefusal is a refusal whose request is kept.
func keptRefusal(e hook.Endpoint, kind hook.KeptKind, body string) store.Refusal {
	f := refusal(e, "invalid")
	f.Kept = &hook.Kept{
		Kind: kind, Request: hook.Request{Method: "POST", Target: "/in", Header: [][2]string{{"A", "b"}}, Remote: "192.0.2.1"},
		Verdict: hook.Verdict{Scheme: "bearer", Key: 1}, Raw: []byte(body),
	}
	return f
}

// admit makes a message of a kept request, under an external id.
func admit(e hook.Endpoint, id hook.ID, externalID string) func(hook.Kept) (*hook.Message, error) {
	return func(k hook.Kept) (*hook.Message, error) {
		m := newMessage(e, externalID, string(k.Raw))
		m.ID = id
		m.Request, m.Verdict = k.Request, k.Verdict
		return m, nil
	}
}

func (b *bundle) readmit(t testing.TB, e hook.Endpoint, id hook.ID, externalID string) store.Accepted {
	t.Helper()
	accepted, err := b.Readmit(t.Context(), &e, id, admit(e, id, externalID))
	require.NoError(t, err)
	return accepted
}

func TestAReadmittedRequestIsAMessageOfItsFirstArrival(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	f := keptRefusal(e, hook.KeptPayload, `{"a":"legible"}`)
	copy(f.ID[:6], timeOf(time.Now().Add(-time.Hour)))
	b.refuse(t, f)
	later := b.addMessage(t, e, "later")
	require.Zero(t, b.count(t, "SELECT count(*) FROM refusals WHERE position('legible'::bytea IN kept) > 0"), "it is encrypted")

	accepted := b.readmit(t, e, f.ID, "1")
	require.Equal(t, store.Accepted{ID: f.ID, SHA256: sha256.Sum256([]byte(`{"a":"legible"}`))}, accepted)
	m, _, err := b.MessageToArchive(t.Context(), f.ID)
	require.NoError(t, err)
	require.Equal(t, hook.IDTime(f.ID), m.ReceivedAt)
	require.Equal(t, f.Kept.Request, m.Request)
	require.Equal(t, f.Kept.Verdict, m.Verdict)
	require.Equal(t, f.Kept.Raw, m.Raw)
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM outbox WHERE ref = $1", f.ID))
	list, err := b.Messages(t.Context(), b.tenant, store.MessageFilter{}, store.Page{Limit: 10})
	require.NoError(t, err)
	require.Equal(t, []hook.ID{later.ID, f.ID}, []hook.ID{list[0].ID, list[1].ID})

	shown, err := b.Refused(t.Context(), b.tenant, e.ID, f.ID)
	require.NoError(t, err)
	require.Equal(t, f.ID, shown.MessageID)
	require.WithinDuration(t, time.Now(), shown.ReadmittedAt, time.Minute)
	require.Nil(t, shown.Kept, "the message has the body")
	_, err = b.Readmit(t.Context(), &e, f.ID, admit(e, f.ID, "another"))
	require.Equal(t, hook.CodeConflict, hook.CodeOf(err))
	require.ErrorContains(t, err, f.ID.String())
}

func TestAReadmittedRequestMayBeADuplicate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	first, same, other := b.addMessage(t, e, "1"), keptRefusal(e, hook.KeptPayload, "{}"), keptRefusal(e, hook.KeptPayload, `{"other":1}`)
	b.refuse(t, same, other)
	require.Equal(t, store.Accepted{ID: first.ID, Duplicate: true, SHA256: first.SHA256}, b.readmit(t, e, same.ID, "1"))
	require.Equal(t, store.Accepted{ID: first.ID, Duplicate: true, Conflicting: true, SHA256: first.SHA256}, b.readmit(t, e, other.ID, "1"))
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM messages"))
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM messages WHERE conflicting"))
	shown, err := b.Refused(t.Context(), b.tenant, e.ID, same.ID)
	require.NoError(t, err)
	require.Equal(t, first.ID, shown.MessageID)
}

func TestARequestIsReadmittedOnceHoweverManyTry(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	f := keptRefusal(e, hook.KeptPayload, "{}")
	b.refuse(t, f)
	var all sync.WaitGroup
	var lock sync.Mutex
	codes := map[hook.Code]int{}
	for range 40 { // more than there are connections
		all.Go(func() {
			_, err := b.Readmit(t.Context(), &e, f.ID, admit(e, f.ID, hook.NewID().String()))
			lock.Lock()
			defer lock.Unlock()
			codes[hook.CodeOf(err)]++
		})
	}
	all.Wait()
	require.Equal(t, map[hook.Code]int{"": 1, hook.CodeConflict: 39}, codes)
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM messages"))
}

func TestARequestThatIsRefusedAgainStaysAsItIs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e, stranger := b.addEndpoint(t, b.tenant), b.addEndpoint(t, b.addTenant(t))
	f, bare := keptRefusal(e, hook.KeptPayload, "{}"), refusal(e, "credential-missing")
	b.refuse(t, f, bare)
	refused := func(hook.Kept) (*hook.Message, error) { return nil, hook.Invalid("no") }
	_, err := b.Readmit(t.Context(), &e, f.ID, refused)
	require.Equal(t, hook.CodeInvalid, hook.CodeOf(err))
	_, err = b.Readmit(t.Context(), &e, bare.ID, refused)
	require.Equal(t, hook.CodeConflict, hook.CodeOf(err))
	_, err = b.Readmit(t.Context(), &stranger, f.ID, refused)
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(err))
	_, err = b.Refused(t.Context(), stranger.TenantID, e.ID, f.ID)
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(err))

	gone, cancel := context.WithCancel(t.Context())
	_, err = b.Readmit(gone, &e, f.ID, func(k hook.Kept) (*hook.Message, error) { cancel(); return admit(e, f.ID, "1")(k) })
	require.Error(t, err)
	require.Zero(t, b.count(t, "SELECT count(*) FROM messages"), "message and refusal commit together")
	require.Equal(t, f.ID, b.readmit(t, e, f.ID, "1").ID)

	old := keptRefusal(e, hook.KeptPayload, "{}")
	copy(old.ID[:6], timeOf(time.Now().AddDate(0, 0, -31)))
	b.refuse(t, old)
	_, err = b.Readmit(t.Context(), &e, old.ID, admit(e, old.ID, "2"))
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(err), "what is too old is not there, pruned or not")
}

func TestWhatIsKeptOfRefusedRequestsIsBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e, large := b.addEndpoint(t, b.tenant), b.addEndpoint(t, b.tenant)
	rows := func(e hook.Endpoint, kind hook.KeptKind) int {
		return b.count(t, "SELECT count(*) FROM refusals WHERE endpoint_id = $1 AND kind = $2", e.ID, string(kind))
	}
	b.refuse(t, keptRefusal(e, hook.KeptPayload, "{}"))
	for range 3 {
		var flood []store.Refusal
		for range 300 {
			flood = append(flood, keptRefusal(e, hook.KeptUnverified, "x"), refusal(e, "credential-missing"))
		}
		b.refuse(t, flood...)
	}
	require.Equal(t, []int{1, 20, 100}, []int{rows(e, hook.KeptPayload), rows(e, hook.KeptUnverified), rows(e, "")}, "no kind pushes out another")

	body := string(bytes.Repeat([]byte("x"), hook.KeptPayload.MaxSize()))
	for range 3 {
		var list []store.Refusal
		for range 12 {
			list = append(list, keptRefusal(large, hook.KeptPayload, body))
		}
		b.refuse(t, list...)
	}
	require.Equal(t, 16, rows(large, hook.KeptPayload))
	b.refuse(t, keptRefusal(large, hook.KeptPayload, body+"x"), keptRefusal(large, hook.KeptUnverified, body))
	require.Equal(t, []int{16, 0, 2}, []int{rows(large, hook.KeptPayload), rows(large, hook.KeptUnverified), rows(large, "")},
		"one that is too large is listed without its body")

	ids, err := b.Readmittable(t.Context(), &large)
	require.NoError(t, err)
	require.Len(t, ids, 16)
	require.Less(t, ids[0].String(), ids[15].String(), "the oldest first")
	_, err = b.Readmit(t.Context(), &large, ids[0], func(k hook.Kept) (*hook.Message, error) {
		require.Equal(t, body, string(k.Raw))
		require.Equal(t, hook.KeptPayload, k.Kind)
		return nil, errors.New("as it is")
	})
	require.ErrorContains(t, err, "cannot do this right now")
}
