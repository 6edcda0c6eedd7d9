package worker

import (
	"context"
	"time"
)

// How the pruner deletes what has expired.
const (
	pruneEvery = 15 * time.Second // where nothing was left
	pruneRows  = 5000
)

// prune deletes what has expired. Several workers may prune at once: each
// takes other rows.
func prune(ctx context.Context, c Config) error {
	for pause(ctx, pruneEvery) {
		for more := true; more && ctx.Err() == nil; {
			var err error
			if more, err = c.Store.Prune(ctx, pruneRows); err != nil && ctx.Err() == nil {
				c.Log.Warn("the pruner cannot go on; it tries again", "error", err)
			}
		}
	}
	return nil
}
