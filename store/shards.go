package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// lockClass keeps our advisory locks apart from those of others. The lock of
// number Shards, which every owner holds together with the others, tells how
// many they are.
const lockClass = 0x706f7374

// Ownership is a session that owns shards of the outbox by advisory locks and
// hears when rows are added. The locks end with the session, however it ends,
// so that there is no lease to wait out: it needs a direct connection, not a
// transaction pooler.
type Ownership struct {
	conn  *pgx.Conn
	owned []int16
}

// Own opens a session that owns nothing yet.
func (s *Store) Own(ctx context.Context) (*Ownership, error) {
	config, err := pgx.ParseConfig(s.url)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	config.RuntimeParams["application_name"] = "posthorn shards"
	// The server ends the session of a machine that vanished within 25 s.
	config.RuntimeParams["tcp_keepalives_idle"] = "10"
	config.RuntimeParams["tcp_keepalives_interval"] = "5"
	config.RuntimeParams["tcp_keepalives_count"] = "3"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, wrap(err, "database")
	}
	_, err = conn.Exec(ctx, "LISTEN "+channel)
	if err == nil {
		_, err = conn.Exec(ctx, "SELECT pg_advisory_lock_shared($1, $2)", lockClass, Shards)
	}
	if err != nil {
		_ = conn.Close(ctx)
		return nil, wrap(err, "database")
	}
	return &Ownership{conn: conn}, nil
}

// Close gives every shard back.
func (o *Ownership) Close(ctx context.Context) { _ = o.conn.Close(ctx) }

// Shards takes free shards up to an even share among all owners, and returns
// those whose rows are to be read, sorted. What is over the share is given back
// once idle says that nothing of it is in work; nil: nothing is.
func (o *Ownership) Shards(ctx context.Context, idle func(shard int16) bool) ([]int16, error) {
	var owners int
	err := o.conn.QueryRow(ctx, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2
		AND classid::bigint = $1 AND objid::bigint = $2 AND granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, lockClass, Shards).Scan(&owners)
	if err != nil {
		return nil, wrap(err, "shard")
	}
	share := (Shards + owners - 1) / max(owners, 1)
	switch n := len(o.owned); {
	case n > share:
		kept, free := slices.Clone(o.owned[:share]), []int16{}
		for _, s := range o.owned[share:] {
			if idle == nil || idle(s) {
				free = append(free, s)
			} else {
				kept = append(kept, s)
			}
		}
		_, err = o.conn.Exec(ctx, `SELECT pg_advisory_unlock($2, s) FROM unnest($1::smallint[]) s`, free, lockClass)
		o.owned = kept
	case n < share:
		var taken []int16
		// The limit stops the scan: no lock is taken beyond it.
		rows, _ := o.conn.Query(ctx, `SELECT s FROM unnest($1::smallint[]) s WHERE pg_try_advisory_lock($2, s) LIMIT $3`,
			o.missing(), lockClass, share-n)
		taken, err = pgx.CollectRows(rows, pgx.RowTo[int16])
		o.owned = append(o.owned, taken...)
		slices.Sort(o.owned)
	}
	return slices.Clone(o.owned[:min(share, len(o.owned))]), wrap(err, "shard")
}

func (o *Ownership) missing() (missing []int16) {
	for s := range int16(Shards) {
		if !slices.Contains(o.owned, s) {
			missing = append(missing, s)
		}
	}
	return missing
}

// Wait returns when rows were added or the context is done. An error means
// that the session, and with it every shard, is lost.
func (o *Ownership) Wait(ctx context.Context) error {
	_, err := o.conn.WaitForNotification(ctx)
	if err != nil && ctx.Err() != nil && !o.conn.IsClosed() {
		return nil
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return wrap(err, "shard")
	}
	return err
}
