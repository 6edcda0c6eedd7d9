// Package deploy has what docker-compose.yml gives to the servers that Posthorn
// stands on, as far as the development servers need it too.
package deploy

import _ "embed"

// VisibilityIndexes drops indexes of Temporal's visibility store by which nobody
// searches, as SQL for that database.
//
//go:embed temporal/visibility.sql
var VisibilityIndexes string
