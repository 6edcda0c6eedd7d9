package store_test

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"posthorn/devstack/postgres/pgtest"
	"posthorn/store"
)

func applied(t testing.TB, url string) (versions []int64) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), "SELECT version_id FROM goose_db_version WHERE version_id > 0 AND is_applied ORDER BY id")
	require.NoError(t, err)
	versions, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	require.NoError(t, err)
	return versions
}

// all are the versions of the migrations, by the names of their files.
func all(t testing.TB) (versions []int64) {
	t.Helper()
	files, err := os.ReadDir("migrations")
	require.NoError(t, err)
	for _, file := range files {
		number, _, _ := strings.Cut(file.Name(), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		require.NoError(t, err, file.Name())
		versions = append(versions, version)
	}
	return versions
}

func TestMigrateBringsAnEmptyDatabaseUpToDate(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	for range 2 { // the second finds nothing to do
		require.NoError(t, store.Migrate(t.Context(), url))
		require.Equal(t, all(t), applied(t, url))
	}
	b := open(t, url, keys(t, newKeyset(t)))
	populate(t, b, b.tenant)
}

func TestPingWantsADatabaseThatIsSetUpAndTakesWrites(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	s, err := store.Open(t.Context(), store.Config{URL: url}, keys(t, newKeyset(t)))
	require.NoError(t, err)
	defer s.Close()
	require.Error(t, s.Ping(t.Context()), "no table is there")
	require.NoError(t, store.Migrate(t.Context(), url))
	require.NoError(t, s.Ping(t.Context()))

	b := open(t, url, keys(t, newKeyset(t)))
	b.exec(t, "UPDATE goose_db_version SET is_applied = false WHERE version_id = (SELECT max(version_id) FROM goose_db_version)")
	require.ErrorContains(t, errors.Unwrap(s.Ping(t.Context())), "posthorn setup")
	readOnly, err := store.Open(t.Context(), store.Config{URL: url + "&options=-cdefault_transaction_read_only%3Don"}, keys(t, newKeyset(t)))
	require.NoError(t, err)
	defer readOnly.Close()
	require.ErrorContains(t, errors.Unwrap(readOnly.Ping(t.Context())), "read-only")
	b.exec(t, "UPDATE goose_db_version SET is_applied = true")
	require.NoError(t, s.Ping(t.Context()))
}

func TestMigrationsAtTheSameTimeWaitForEachOther(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	var group sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		group.Go(func() { errs[i] = store.Migrate(t.Context(), url) })
	}
	group.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, all(t), applied(t, url), "each was applied once")
}

func TestMigrateSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, store.Migrate(t.Context(), "postgres://host:port/x"), "store: the database's URL")
	require.ErrorContains(t, store.Migrate(t.Context(), "postgres://posthorn@127.0.0.1:1/x"), "store: migrate")
}
