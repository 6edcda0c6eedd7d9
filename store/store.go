// Package store is PostgreSQL: migrations, and what Posthorn reads and writes,
// one file a table. The statements are in queries/, from which sqlc makes db/.
// Secrets are encrypted before they leave this package for the database. What
// a message or a delivery does next is decided elsewhere.
package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/time/rate"

	"posthorn/hook"
	"posthorn/keyset"
	"posthorn/metrics"
	"posthorn/store/db"
)

// Config says where the database is.
type Config struct {
	URL      string
	MaxConns int              // of the pool; 0: 16
	Metrics  *metrics.Metrics // nil: nobody is told
}

// Store is a pool of connections to one database.
type Store struct {
	pool *pgxpool.Pool
	url  string
	keys *keyset.Keyset
	bell bell

	publisher publisher
	recorder  recorder
	sealer    sealer
	handover  handover

	faults *rate.Limiter // notes of archive faults

	metrics *metrics.Metrics
}

// Open connects. The keyset seals secrets.
func Open(ctx context.Context, c Config, keys *keyset.Keyset) (*Store, error) {
	config, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, fmt.Errorf("store: the database's URL: %w", err)
	}
	config.MaxConns = int32(max(c.MaxConns, 0))
	if config.MaxConns == 0 {
		config.MaxConns = 16
	}
	config.MaxConnIdleTime = 5 * time.Minute
	// A statement that hangs must not hold a group of callers, or a lock.
	params := config.ConnConfig.RuntimeParams
	params["application_name"] = "posthorn"
	params["statement_timeout"] = "10s"
	params["lock_timeout"] = "5s"
	params["idle_in_transaction_session_timeout"] = "15s"
	params["timezone"] = "UTC"
	// What runs a thousand times a second finds its rows by keys, of which it
	// names a few: the planner must not think of reading a table that was small
	// when the plan was made, and joining what it read.
	for _, way := range wholeTables {
		params[way] = "off"
	}
	params["jit"] = "off" // which those make it think of, and which takes longer than any statement here
	// And that needs no plan of its own each time: planning takes longer than most
	// of these statements do, above all where tables are partitioned.
	params["plan_cache_mode"] = "force_generic_plan"
	config.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		registerIDs(conn.TypeMap())
		return nil
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	s := &Store{pool: pool, url: c.URL, keys: keys, metrics: c.Metrics, faults: rate.NewLimiter(faultsPerSecond, faultsAtOnce)}
	if s.metrics == nil {
		s.metrics = metrics.New()
	}
	s.metrics.Register(&collector{store: s})
	s.bell.start(pool)
	s.publisher.start(s)
	s.recorder.start(s)
	s.sealer.start(s)
	return s, nil
}

// wholeTables are the planner's ways to read tables as a whole.
var wholeTables = []string{"enable_seqscan", "enable_hashjoin", "enable_mergejoin"}

// Close gives every connection back; what runs is finished first.
func (s *Store) Close() {
	s.publisher.queue.close()
	s.recorder.queue.close()
	s.sealer.queue.close()
	s.bell.stop()
	s.pool.Close()
}

func (s *Store) queries() *db.Queries { return db.New(s.pool) }

// together runs f in one transaction, which the calls of the store that f makes
// with its context take part in.
func (s *Store) together(ctx context.Context, f func(context.Context, pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return f(context.WithValue(ctx, outer{}, tx), tx) })
}

// outer is the key of a context's transaction.
type outer struct{}

// within reports whether ctx carries a transaction.
func within(ctx context.Context) bool {
	_, ok := ctx.Value(outer{}).(pgx.Tx)
	return ok
}

// begin runs f in a transaction that begins with settings, or as a part of the
// one that ctx carries.
func (s *Store) begin(ctx context.Context, settings string, f func(pgx.Tx) error) error {
	whole, ok := ctx.Value(outer{}).(pgx.Tx)
	if !ok {
		return pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{BeginQuery: "BEGIN; " + settings}, f) // in one round trip
	}
	return pgx.BeginFunc(ctx, whole, func(part pgx.Tx) error {
		if _, err := part.Exec(ctx, settings); err != nil {
			return err
		}
		if err := f(part); err != nil {
			return err
		}
		_, err := part.Exec(ctx, "RESET ROLE")
		return err
	})
}

// tx runs f in a transaction that is not bound to a tenant: for ingest and
// worker, whose transactions tenants share.
func (s *Store) tx(ctx context.Context, f func(*db.Queries) error) error {
	return s.begin(ctx, "", func(tx pgx.Tx) error { return f(db.New(tx)) })
}

// bind binds a transaction to a tenant, for whose people the planner may read
// whole tables, and looks at what they ask for. An id has no character that means something to SQL.
const bind = "SELECT set_config('posthorn.tenant', '%s', true), set_config('enable_seqscan', 'on', true), " +
	"set_config('enable_hashjoin', 'on', true), set_config('enable_mergejoin', 'on', true), " +
	"set_config('plan_cache_mode', 'auto', true); SET LOCAL ROLE posthorn_tenant"

// tenant runs f in a transaction that row-level security binds to a tenant.
func (s *Store) tenant(ctx context.Context, id hook.ID, f func(*db.Queries) error) error {
	return s.begin(ctx, fmt.Sprintf(bind, id), func(tx pgx.Tx) error { return f(db.New(tx)) })
}

// wrap gives a database error its meaning for callers: no row is "there is no
// such <what>", a database that is away or overloaded can be retried.
func wrap(err error, what string) error {
	var known *hook.Error
	var pg *pgconn.PgError
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.Is(err, pgx.ErrNoRows):
		return hook.NotFound(what)
	case errors.As(err, &pg) && pg.Code == notInRepertoire:
		return &hook.Error{Code: hook.CodeInvalid, Message: "the " + what + " has text with a NUL or that is not UTF-8; leave that out", Err: err}
	case errors.As(err, &pg) && !retryable(pg):
		return fmt.Errorf("store: %s: %w", what, err)
	default:
		return hook.Unavailable(fmt.Errorf("store: %s: %w", what, err))
	}
}

// notInRepertoire is the SQLSTATE of text that PostgreSQL cannot hold.
const notInRepertoire = "22021"

// retryable reports whether the same statement may work later: connection,
// rollback, resources, intervention (PostgreSQL, Appendix A).
func retryable(e *pgconn.PgError) bool {
	switch e.Code[:2] {
	case "08", "40", "53", "55", "57":
		return true
	}
	return false
}
