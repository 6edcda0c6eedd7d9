// Package docs holds the pages that the dashboard shows, too.
package docs

import "embed"

// Providers are the pages about providers, as providers/<name>.md.
//
//go:embed providers/*.md
var Providers embed.FS
