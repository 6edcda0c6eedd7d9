package store

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// channel is where workers listen for new outbox rows.
const channel = "posthorn_outbox"

// ringEvery is the least time between two rings: a NOTIFY in each transaction
// would serialise the commits of all.
const ringEvery = 5 * time.Millisecond

// bell wakes the workers after a commit, beside the transaction that made the
// rows. A ring that is lost costs a worker's next poll, no row.
type bell struct {
	pull chan struct{}
	quit context.CancelFunc
	done sync.WaitGroup
}

func (b *bell) start(pool *pgxpool.Pool) {
	ctx, quit := context.WithCancel(context.Background())
	b.pull, b.quit = make(chan struct{}, 1), quit
	b.done.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-b.pull:
			}
			// Nobody waits for this commit, and the poll makes up for a lost one.
			_, _ = pool.Exec(ctx, "SET LOCAL synchronous_commit = off; NOTIFY "+channel, pgx.QueryExecModeSimpleProtocol)
			select {
			case <-ctx.Done():
				return
			case <-time.After(ringEvery):
			}
		}
	})
}

// ring returns at once.
func (b *bell) ring() {
	select {
	case b.pull <- struct{}{}:
	default: // it will ring anyway
	}
}

func (b *bell) stop() {
	b.quit()
	b.done.Wait()
}
