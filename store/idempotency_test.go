package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

// creating creates a tenant's endpoint and answers with its token.
func (b *bundle) creating() func(context.Context) (store.Answer, error) {
	return func(ctx context.Context) (store.Answer, error) {
		e, err := b.CreateEndpoint(ctx, hook.Endpoint{ID: hook.NewID(), TenantID: b.tenant, Token: hook.NewToken(), Auth: hook.AuthBearer})
		return store.Answer{Status: 201, Body: []byte(e.Token)}, err
	}
}

const endpoints = `SELECT count(*) FROM endpoints`

func TestARequestIsCarriedOutOnceUnderItsKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := store.Repeatable{Tenant: b.tenant, Key: "k", Request: []byte("POST /a")}
	first, replayed, err := b.Once(t.Context(), r, b.creating())
	require.NoError(t, err)
	require.False(t, replayed)
	second, replayed, err := b.Once(t.Context(), r, b.creating())
	require.NoError(t, err)
	require.True(t, replayed)
	require.Equal(t, first, second)
	require.Equal(t, 1, b.count(t, endpoints))

	r.Request = []byte("POST /b")
	_, _, err = b.Once(t.Context(), r, b.creating())
	require.Equal(t, hook.CodeInvalid, hook.CodeOf(err))
	for _, other := range []store.Repeatable{{Tenant: b.addTenant(t), Key: "k"}, {Key: "k"}, {Tenant: b.tenant, Key: "K"}} {
		_, replayed, err = b.Once(t.Context(), other, b.creating())
		require.NoError(t, err)
		require.False(t, replayed, "another tenant's key, the root key's, and one of other case, are others")
	}
}

func TestRepeatsAtTheSameTimeGetTheSameAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var group sync.WaitGroup
	answers, errs := make([]store.Answer, 30), make([]error, 30) // more than the pool has connections
	for i := range answers {
		group.Go(func() {
			answers[i], _, errs[i] = b.Once(t.Context(), store.Repeatable{Tenant: b.tenant, Key: "k"}, b.creating())
		})
	}
	group.Wait()
	for i := range answers {
		require.NoError(t, errs[i])
		require.Equal(t, answers[0], answers[i])
	}
	require.Equal(t, 1, b.count(t, endpoints))
}

func TestARepeatOfARequestThatTakesLongIsAConflict(t *testing.T) {
	t.Parallel()
	b := setup(t)
	begun, end := make(chan struct{}), make(chan struct{})
	var first sync.WaitGroup
	first.Go(func() {
		_, _, _ = b.Once(t.Context(), store.Repeatable{Tenant: b.tenant, Key: "k"}, func(ctx context.Context) (store.Answer, error) {
			close(begun)
			<-end
			return b.creating()(ctx)
		})
	})
	<-begun
	_, _, err := b.Once(t.Context(), store.Repeatable{Tenant: b.tenant, Key: "k"}, b.creating())
	require.Equal(t, hook.CodeConflict, hook.CodeOf(err))
	close(end)
	first.Wait()
	_, replayed, err := b.Once(t.Context(), store.Repeatable{Tenant: b.tenant, Key: "k"}, b.creating())
	require.NoError(t, err)
	require.True(t, replayed)
}

func TestWhatFailsIsNotKept(t *testing.T) {
	t.Parallel()
	b := setup(t)
	failed := errors.New("too bad")
	_, _, err := b.Once(t.Context(), store.Repeatable{Tenant: b.tenant, Key: "k"}, func(ctx context.Context) (store.Answer, error) {
		_, err := b.creating()(ctx)
		require.NoError(t, err)
		return store.Answer{}, failed
	})
	require.ErrorIs(t, err, failed)
	require.Zero(t, b.count(t, endpoints), "what it wrote is undone")
	_, replayed, err := b.Once(t.Context(), store.Repeatable{Tenant: b.tenant, Key: "k", Request: []byte("another")}, b.creating())
	require.NoError(t, err)
	require.False(t, replayed)
}

func TestAnswersAreForgottenAfterADay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, key := range []string{"a", "b", "c"} {
		_, _, err := b.Once(t.Context(), store.Repeatable{Tenant: b.tenant, Key: key}, b.creating())
		require.NoError(t, err)
	}
	kept := func() int { return b.count(t, `SELECT count(*) FROM idempotent_requests`) }
	_, err := b.Prune(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, 3, kept())
	b.exec(t, `UPDATE idempotent_requests SET created_at = created_at - interval '24 hours'`)
	_, replayed, err := b.Once(t.Context(), store.Repeatable{Tenant: b.tenant, Key: "a", Request: []byte("another")}, b.creating())
	require.NoError(t, err)
	require.False(t, replayed)
	for _, want := range []int{2, 1, 1} {
		_, err = b.Prune(t.Context(), 1)
		require.NoError(t, err)
		require.Equal(t, want, kept())
	}
}

func TestKeptAnswersAreEncryptedAndBoundToTheirRow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	answer := func(context.Context) (store.Answer, error) {
		return store.Answer{Status: 201, Body: []byte("confidential")}, nil
	}
	for _, key := range []string{"key-one", "key-two"} {
		_, _, err := b.Once(t.Context(), store.Repeatable{Tenant: b.tenant, Key: key, Request: []byte("hunter2")}, answer)
		require.NoError(t, err)
	}
	for _, plain := range []string{"confidential", "key-one", "hunter2"} {
		require.Zero(t, b.count(t, `SELECT count(*) FROM idempotent_requests r
			WHERE position(convert_to($1, 'UTF8') in answer) + position(convert_to($1, 'UTF8') in key_hash) + position($1 in request) > 0`, plain))
	}
	b.exec(t, `UPDATE idempotent_requests r SET answer = (SELECT answer FROM idempotent_requests o WHERE o.key_hash <> r.key_hash)`)
	_, _, err := b.Once(t.Context(), store.Repeatable{Tenant: b.tenant, Key: "key-one", Request: []byte("hunter2")}, answer)
	require.ErrorContains(t, errors.Unwrap(err), "does not open")
}

func TestTenantsAreChangedOneEditAfterAnother(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			_, err := b.UpdateTenant(t.Context(), b.tenant, func(tenant *hook.Tenant) error {
				tenant.NotifyEmails = append(tenant.NotifyEmails, time.Now().String())
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	tenant, err := b.Tenant(t.Context(), b.tenant)
	require.NoError(t, err)
	require.Len(t, tenant.NotifyEmails, 10)

	_, err = b.UpdateTenant(t.Context(), b.tenant, func(*hook.Tenant) error { return hook.Invalid("no") })
	require.Equal(t, hook.CodeInvalid, hook.CodeOf(err))
	_, err = b.UpdateTenant(t.Context(), hook.NewID(), func(*hook.Tenant) error { return nil })
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(err))
}

func TestATenantIsMadeWithItsKeyOrNotAtAll(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tenant, secret, err := b.CreateTenantWithKey(t.Context(), "with key")
	require.NoError(t, err)
	key, err := b.KeyBySecret(t.Context(), secret)
	require.NoError(t, err)
	require.Equal(t, hook.APIKey{ID: key.ID, TenantID: tenant.ID, Role: hook.RoleAdmin}, key)
	before := b.count(t, `SELECT count(*) FROM tenants`)
	b.exec(t, `ALTER TABLE api_keys ADD CHECK (name <> 'first') NOT VALID`)
	_, _, err = b.CreateTenantWithKey(t.Context(), "without key")
	require.Error(t, err)
	require.Equal(t, before, b.count(t, `SELECT count(*) FROM tenants`))
}
