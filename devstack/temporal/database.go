package temporal

import (
	"context"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/server/common/config"
	postgresqlschema "go.temporal.io/server/schema/postgresql/v12"
	"go.temporal.io/server/tools/common/schema"
	"go.temporal.io/server/tools/sql"

	"posthorn/deploy"
)

const (
	mainDatabase       = "temporal"
	visibilityDatabase = "temporal_visibility"
)

// database is one of the two that a server needs.
type database struct {
	name    string
	schema  string // of the schema files that the server brings along
	version string // that they amount to
	then    string // SQL for after each set-up; "" for none
}

var databases = []database{
	{mainDatabase, "postgresql/v12/temporal", postgresqlschema.Version, ""},
	{visibilityDatabase, "postgresql/v12/visibility", postgresqlschema.VisibilityVersion, deploy.VisibilityIndexes},
}

// setUp makes the database, or brings an older one to the server's version.
// A new one gets its name last, so that a set-up which was cut short leaves
// nothing that looks like a database.
func (d database) setUp(ctx context.Context, cfg Config, logger *logger) error {
	admin, err := pgx.Connect(ctx, maintenanceURL(cfg))
	if err != nil {
		return err
	}
	defer admin.Close(context.WithoutCancel(ctx))

	var exists bool
	const query = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"
	if err := admin.QueryRow(ctx, query, d.name).Scan(&exists); err != nil {
		return err
	}
	if exists {
		return withSchemaTool(d.sqlConfig(cfg), logger, func(db *sql.Connection) error {
			err := schema.NewUpdateSchemaTask(db, &schema.UpdateConfig{
				DBName:     d.name,
				SchemaName: d.schema,
			}, logger).Run()
			if err != nil {
				return err
			}
			return db.Exec(d.then)
		})
	}

	staging := d
	staging.name += "_new"
	name, final := quote(staging.name), quote(d.name)
	if err := execAll(ctx, admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)", "CREATE DATABASE "+name); err != nil {
		return err
	}
	err = withSchemaTool(staging.sqlConfig(cfg), logger, func(db *sql.Connection) error {
		err := schema.NewSetupSchemaTask(db, &schema.SetupConfig{
			SchemaName:     d.schema,
			InitialVersion: d.version,
		}, logger).Run()
		if err != nil {
			return err
		}
		// The version is recorded under the database's name.
		if err := db.Exec("UPDATE schema_version SET db_name = $1", d.name); err != nil {
			return err
		}
		return db.Exec(d.then)
	})
	if err != nil {
		return err
	}
	return execAll(ctx, admin, "ALTER DATABASE "+name+" RENAME TO "+final)
}

// withSchemaTool lends a connection of Temporal's own schema tool.
func withSchemaTool(cfg *config.SQL, logger *logger, use func(*sql.Connection) error) error {
	db, err := sql.NewConnection(cfg, logger)
	if err != nil {
		return err
	}
	defer db.Close()
	return use(db)
}

func execAll(ctx context.Context, conn *pgx.Conn, statements ...string) error {
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

func maintenanceURL(cfg Config) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(cfg.DatabaseUser, cfg.DatabasePassword),
		Host:     cfg.DatabaseAddr,
		Path:     "/postgres",
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
