package devstack_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	postgresqlschema "go.temporal.io/server/schema/postgresql/v12"
	"go.temporal.io/server/tools/common/schema"
	"go.temporal.io/server/tools/sql"

	"posthorn/devstack/port"
	"posthorn/devstack/postgres"
	"posthorn/devstack/temporal"
)

// A new version of the server finds a database that an older one made, or
// what a set-up left that was killed halfway.
func TestTemporalUpgradesAndRepairsItsDatabases(t *testing.T) {
	opts := options(t)
	pg, err := postgres.Start(t.Context(), postgres.Config{
		Dir: opts.Dir, Port: freePort(t), Password: "secret", Settings: map[string]string{"fsync": "off"},
	})
	require.NoError(t, err)
	defer pg.Kill()
	require.NoError(t, pg.CreateDatabase(t.Context(), "temporal_new"))
	require.NoError(t, pg.Exec(t.Context(), "temporal_new", "CREATE TABLE schema_version (half int)"))
	makeOldVisibility(t, pg)

	server, err := temporal.Start(t.Context(), temporal.Config{
		DatabaseAddr: pg.Addr(), DatabaseUser: postgres.User, DatabasePassword: "secret",
		Ports: temporal.Ports{
			Frontend: freePort(t), History: freePort(t), Matching: freePort(t), Worker: freePort(t),
		},
	})
	require.NoError(t, err)
	require.Equal(t, postgresqlschema.Version, schemaVersion(t, pg, "temporal"))
	require.Equal(t, postgresqlschema.VisibilityVersion, schemaVersion(t, pg, "temporal_visibility"))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(t, server.Stop(ctx))
}

func makeOldVisibility(t *testing.T, pg *postgres.Server) {
	t.Helper()
	const name, old = "temporal_visibility", "1.9"
	require.NoError(t, pg.CreateDatabase(t.Context(), name))
	db, err := sql.NewConnection(&config.SQL{
		PluginName: postgresql.PluginNamePGX, DatabaseName: name, ConnectAddr: pg.Addr(), ConnectProtocol: "tcp",
		User: postgres.User, Password: "secret",
	}, log.NewNoopLogger())
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, schema.NewSetupSchemaTask(db, &schema.SetupConfig{InitialVersion: "0.0"}, log.NewNoopLogger()).Run())
	require.NoError(t, schema.NewUpdateSchemaTask(db, &schema.UpdateConfig{
		SchemaName: "postgresql/v12/visibility", TargetVersion: old,
	}, log.NewNoopLogger()).Run())
	require.Equal(t, old, schemaVersion(t, pg, name))
}

func schemaVersion(t *testing.T, pg *postgres.Server, database string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), pg.URL(database))
	require.NoError(t, err)
	defer conn.Close(t.Context())
	var version string
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT curr_version FROM schema_version WHERE db_name = $1", database).Scan(&version))
	return version
}

func freePort(t *testing.T) int {
	t.Helper()
	p, err := port.Free()
	require.NoError(t, err)
	return p
}
