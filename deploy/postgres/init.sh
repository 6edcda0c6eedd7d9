#!/bin/sh
# Runs once, when PostgreSQL's volume is empty: a role and databases each for
# Posthorn and for Temporal, so that neither can read the other's tables. Tables
# are made later, by `posthorn setup` and by the service temporal-schema.
#
# Posthorn's role may create roles because its migrations add posthorn_tenant,
# the role that row-level security binds.
set -eu

psql --username "$POSTGRES_USER" --no-psqlrc --quiet --set ON_ERROR_STOP=1 <<'SQL'
\getenv posthorn_password POSTHORN_PASSWORD
\getenv temporal_password TEMPORAL_PASSWORD

CREATE ROLE posthorn LOGIN CREATEROLE PASSWORD :'posthorn_password';
CREATE DATABASE posthorn OWNER posthorn;
REVOKE CONNECT, TEMPORARY ON DATABASE posthorn FROM PUBLIC;

CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
REVOKE CONNECT, TEMPORARY ON DATABASE temporal, temporal_visibility FROM PUBLIC;
SQL
