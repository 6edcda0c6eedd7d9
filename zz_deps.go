//go:build deps

package main

import (
	_ "go.temporal.io/server/temporal"
	_ "go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	_ "go.temporal.io/server/tools/sql"
	_ "go.temporal.io/server/tools/common/schema"
	_ "github.com/temporalio/ui-server/v2/server"
	_ "github.com/versity/versitygw/backend/posix"
	_ "github.com/versity/versitygw/embedgw"
	_ "github.com/fergusstrange/embedded-postgres"
	_ "go.temporal.io/sdk/client"
	_ "go.temporal.io/sdk/worker"
	_ "github.com/gin-gonic/gin"
	_ "github.com/danielgtaylor/huma/v2/adapters/humagin"
	_ "github.com/minio/minio-go/v7"
	_ "github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/pressly/goose/v3"
	_ "github.com/alecthomas/kong"
	_ "code.dny.dev/ssrf"
	_ "github.com/tink-crypto/tink-go/v2/aead"
	_ "github.com/stretchr/testify/require"
	_ "github.com/compose-spec/compose-go/v2/cli"
	_ "github.com/standard-webhooks/standard-webhooks/libraries/go"
	_ "pgregory.net/rapid"
	_ "go.uber.org/goleak"
	_ "golang.org/x/mod/modfile"
	_ "github.com/prometheus/client_golang/prometheus/promhttp"
	_ "github.com/google/uuid"
	_ "github.com/google/go-cmp/cmp"
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/time/rate"
	_ "go.temporal.io/sdk/contrib/opentelemetry"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "go.temporal.io/server/schema"
)

func main() {}
