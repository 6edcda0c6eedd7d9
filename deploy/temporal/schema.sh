#!/bin/sh
# Brings both of Temporal's databases to the schema of the server's version, and
# drops indexes that Posthorn has no use for. It changes nothing where that is
# done already, so it runs at every start. Host, user and password come from the
# environment (SQL_HOST, SQL_USER, SQL_PASSWORD).
set -eu

migrate() {
	temporal-sql-tool --plugin postgres12_pgx --db "$1" setup-schema --version 0.0
	temporal-sql-tool --plugin postgres12_pgx --db "$1" update-schema \
		--schema-dir "${SCHEMA:-/etc/temporal/schema/postgresql/v12}/$2/versioned"
}

migrate temporal temporal
migrate temporal_visibility visibility
temporal-sql-tool --plugin postgres12_pgx --db temporal_visibility setup-schema --disable-versioning \
	--schema-file "$(dirname "$0")/visibility.sql"
