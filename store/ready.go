package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"posthorn/hook"
)

// Ping reports whether the database answers, can be written to, and has this
// version's tables.
func (s *Store) Ping(ctx context.Context) error {
	want, err := schemaVersion()
	if err != nil {
		return err
	}
	var readOnly bool
	var version int64
	// goose keeps its own table; a database that was never set up has none.
	err = s.pool.QueryRow(ctx, `SELECT current_setting('transaction_read_only')::boolean, max(version_id) FROM goose_db_version WHERE is_applied`).
		Scan(&readOnly, &version)
	switch {
	case err != nil:
		return wrap(err, "database")
	case readOnly:
		return hook.Unavailable(errors.New("store: the database is read-only"))
	case version < want:
		return hook.Unavailable(fmt.Errorf("store: the database is at migration %d of %d; run 'posthorn setup'", version, want))
	}
	return nil
}

// schemaVersion is the number of the last migration.
func schemaVersion() (int64, error) {
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return 0, err
	}
	number, _, _ := strings.Cut(files[len(files)-1].Name(), "_") // they are sorted
	return strconv.ParseInt(number, 10, 64)
}
