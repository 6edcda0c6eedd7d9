package store_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"posthorn/devstack/postgres/pgtest"
	"posthorn/hook"
	"posthorn/store"
)

// populate gives a tenant a row in every table that has tenants.
func populate(t testing.TB, b *bundle, tenant hook.ID) {
	t.Helper()
	_, _, err := b.CreateKey(t.Context(), tenant, "key", hook.RoleAdmin)
	require.NoError(t, err)
	e := b.addEndpoint(t, tenant)
	b.addWebhook(t, tenant, limited(1, 1))
	b.addWebhook(t, tenant, func(w *hook.Webhook) { w.Active, w.SigningKeys = false, []hook.Key{{Secret: hook.NewSigningKey()}} })
	archived := b.addMessage(t, e, "archived")
	_, err = b.AssignSegment(t.Context(), &store.Segment{ID: hook.NewID(), TenantID: tenant, EndpointID: e.ID}, []hook.ID{archived.ID})
	require.NoError(t, err)
	require.NoError(t, b.CreateBatch(t.Context(), &hook.Batch{ID: hook.NewID(), TenantID: tenant, EndpointID: e.ID}))
	require.NoError(t, b.RecordArchiveFault(t.Context(), b.addMessage(t, e, "accepted").ID, "the object store cannot be reached"))
	attached := store.Attached{N: 0, Attachment: hook.Attachment{Filename: "f", Object: hook.Object{Key: "k"}}}
	require.NoError(t, b.SaveAttachment(t.Context(), archived, attached))
	event := hook.Event{ID: hook.NewID(), TenantID: tenant, Type: "message.received", Data: []byte("{}"), OccurredAt: time.Now()}
	event.Transition = &hook.Transition{Key: "k", MessageID: "m", Rank: 1}
	_, err = b.Archived(t.Context(), store.Sealing{Message: archived, Content: []byte("{}"), Events: []hook.Event{event}})
	require.NoError(t, err)
	_, _, err = b.Publish(t.Context(), hook.Event{
		ID: hook.NewID(), TenantID: tenant, PublicID: "evt", Type: "a.b", Data: []byte("{}"), OccurredAt: time.Now(),
	})
	require.NoError(t, err)
	_, err = b.PutEventType(t.Context(), tenant, hook.EventType{Type: "a.b"})
	require.NoError(t, err)
	d := b.deliveriesOf(t, tenant, event.ID)[0]
	require.True(t, b.permit(t, d).Place)
	require.NoError(t, b.fail(t, d, 1, 0))
	_, err = b.StartRecovery(t.Context(), tenant, d.WebhookID, hook.Recovery{Include: hook.IncludeAll})
	require.NoError(t, err)
	_, _, err = b.Once(t.Context(), store.Repeatable{Tenant: tenant, Key: "1"}, func(context.Context) (store.Answer, error) { return store.Answer{}, nil })
	require.NoError(t, err)
	refusals := b.NewRefusals(slog.New(slog.DiscardHandler))
	refusals.Add(store.Refusal{ID: hook.NewID(), TenantID: tenant, EndpointID: e.ID, Status: 401, Reason: "x"}, true)
	refusals.Close()
	u, err := b.CreateUser(t.Context(), hook.User{TenantID: tenant, Email: tenant.String() + "@example.com", Role: hook.RoleAdmin, Password: "hash"})
	require.NoError(t, err)
	_, err = b.StartSession(t.Context(), hook.Session{TenantID: tenant, UserID: u.ID})
	require.NoError(t, err)
	_, err = b.SaveSearch(t.Context(), tenant, u.ID, hook.SavedSearch{Name: "late", Query: "invoice"})
	require.NoError(t, err)
	_, err = b.Invite(t.Context(), tenant, "new@example.com", hook.RoleAuditor, time.Hour)
	require.NoError(t, err)
	b.exec(t, `INSERT INTO message_search (message_id, tenant_id, terms)
		SELECT id, tenant_id, to_tsvector('x') FROM messages WHERE tenant_id = $1 ON CONFLICT DO NOTHING`, tenant)
	b.exec(t, `INSERT INTO ledger_totals (tenant_id, subject_id, accepted, archived, unarchived, made, delivered, pending, held, failed, cancelled, gone)
		SELECT tenant_id, subject_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, false FROM ledger_changes WHERE tenant_id = $1 ON CONFLICT DO NOTHING`, tenant)
}

// tables lists the tables that match a condition on pg_class c, without their
// partitions, which nobody reaches but through them.
func tables(t testing.TB, b *bundle, condition string) []string {
	t.Helper()
	rows, err := b.raw.Query(t.Context(), `SELECT relname FROM pg_class c
		WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace AND `+condition)
	require.NoError(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return names
}

const hasTenant = `EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND attname = 'tenant_id' AND NOT attisdropped)`

func TestEveryTableOfTenantsIsBoundToThem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Empty(t, tables(t, b, hasTenant+` AND NOT relrowsecurity`), "tables without row security")
	require.Empty(t, tables(t, b, `relrowsecurity AND (SELECT count(*) FROM pg_policy p WHERE polrelid = c.oid AND polpermissive
		AND polcmd = '*' AND polroles = ARRAY['posthorn_tenant'::regrole::oid]) <> 1`), "tables without their one policy")
	require.Empty(t, tables(t, b, `NOT relrowsecurity AND has_any_column_privilege('posthorn_tenant', c.oid, 'SELECT, UPDATE')`),
		"tables that the role reads without row security")
	require.Zero(t, b.count(t, `SELECT count(*) FROM pg_roles WHERE rolname = 'posthorn_tenant' AND (rolsuper OR rolbypassrls OR rolcanlogin)`))
	require.Empty(t, tables(t, b, `relowner = 'posthorn_tenant'::regrole`), "an owner is not bound")
}

func TestATenantSeesNoRowOfAnother(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := b.addTenant(t)
	populate(t, b, b.tenant)
	populate(t, b, other)
	for _, table := range tables(t, b, hasTenant) {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			of := func(id hook.ID) int {
				return b.count(t, "SELECT count(*) FROM "+table+" WHERE tenant_id = $1", id)
			}
			require.Positive(t, of(b.tenant))
			require.Positive(t, of(other), "populate must give each tenant a row")

			tx := asTenant(t, b, b.tenant)
			var seen, foreign int
			require.NoError(t, tx.QueryRow(t.Context(), "SELECT count(*), count(*) FILTER (WHERE tenant_id <> $1) FROM "+table, b.tenant).Scan(&seen, &foreign))
			require.Equal(t, of(b.tenant), seen)
			require.Zero(t, foreign)
			for _, sql := range []string{"UPDATE " + table + " SET tenant_id = tenant_id", "DELETE FROM " + table} {
				n, err := try(t, tx, sql+" WHERE tenant_id = $1", other)
				require.True(t, n == 0 && err == nil || code(err) == forbidden, "%s: %d rows, %v", sql, n, err)
			}
			_, err := try(t, tx, "UPDATE "+table+" SET tenant_id = $1", other)
			require.Equal(t, forbidden, code(err), "a row cannot be given to another tenant")
		})
	}
	var id hook.ID
	require.NoError(t, asTenant(t, b, b.tenant).QueryRow(t.Context(), "SELECT id FROM tenants").Scan(&id))
	require.Equal(t, b.tenant, id)
}

func TestWithoutATenantTheRoleSeesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	populate(t, b, b.tenant)
	for _, table := range append(tables(t, b, hasTenant), "tenants") {
		tx := asTenant(t, b, hook.ID{})
		rows, err := tx.Query(t.Context(), "SELECT * FROM "+table)
		require.NoError(t, err)
		require.False(t, rows.Next(), table)
		require.ErrorContains(t, rows.Err(), "posthorn.tenant", "a query that forgot its tenant is told so")
		require.NoError(t, tx.Rollback(t.Context()))
	}
}

// forbidden is the SQLSTATE of what privileges or row security refuse.
const forbidden = "42501"

func code(err error) string {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refused.Code
	}
	return ""
}

// try runs a statement whose failure leaves the transaction usable.
func try(t testing.TB, tx pgx.Tx, sql string, args ...any) (rows int64, err error) {
	t.Helper()
	err = pgx.BeginFunc(t.Context(), tx, func(inner pgx.Tx) error {
		tag, err := inner.Exec(t.Context(), sql, args...)
		rows = tag.RowsAffected()
		return err
	})
	return rows, err
}

// asTenant is a transaction of the management API's role.
func asTenant(t testing.TB, b *bundle, tenant hook.ID) pgx.Tx {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), b.url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	tx, err := conn.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "SET LOCAL ROLE posthorn_tenant")
	require.NoError(t, err)
	if tenant != (hook.ID{}) {
		_, err = tx.Exec(t.Context(), "SELECT set_config('posthorn.tenant', $1, true)", tenant.String())
		require.NoError(t, err)
	}
	return tx
}

// TestTheOwnerNeedsNoSuperuser: in production the tables' owner is an ordinary
// role. It is not bound, the role that it takes for a tenant is.
func TestTheOwnerNeedsNoSuperuser(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(pgtest.Empty(t))
	require.NoError(t, err)
	owner := "owner_of" + u.Path[len("/"):]
	admin, err := pgx.Connect(t.Context(), u.String())
	require.NoError(t, err)
	defer admin.Close(t.Context())
	_, err = admin.Exec(t.Context(), fmt.Sprintf(`CREATE ROLE %[1]s LOGIN PASSWORD 'pgtest'; GRANT ALL ON SCHEMA public TO %[1]s`, owner))
	require.NoError(t, err)

	u.User = url.UserPassword(owner, "pgtest")
	require.ErrorContains(t, store.Migrate(t.Context(), u.String()), "posthorn_tenant", "it may not take the role yet")
	_, err = admin.Exec(t.Context(), "GRANT posthorn_tenant TO "+owner)
	require.NoError(t, err)
	require.NoError(t, store.Migrate(t.Context(), u.String()))

	b := open(t, u.String(), keys(t, newKeyset(t)))
	populate(t, b, b.tenant)
	populate(t, b, b.addTenant(t))
	events, err := b.Events(t.Context(), b.tenant, store.EventFilter{}, store.Page{Limit: 10})
	require.NoError(t, err)
	require.Len(t, events, 2)
	jobs, err := b.Jobs(t.Context(), allShards(), 0, 100)
	require.NoError(t, err)
	require.Len(t, jobs, 10, "the worker sees all tenants")
}
