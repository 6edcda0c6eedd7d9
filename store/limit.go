package store

import (
	"context"
	"time"

	"posthorn/hook"
	"posthorn/store/db"
)

// Claim asks for requests at an endpoint's rate.
type Claim struct {
	EndpointID hook.ID
	Rate       int // requests per second
	Capacity   int // requests that an idle endpoint may have at once
	Wanted     int // requests
}

// Grant is what a claim got; it is debited already.
type Grant struct {
	Granted int           // requests, at most Wanted
	FullIn  time.Duration // until the whole capacity is there again
}

// ClaimRate takes requests from an endpoint's rate, on the database's clock,
// for whichever replica asks.
func (s *Store) ClaimRate(ctx context.Context, c Claim) (Grant, error) {
	row, err := s.queries().ClaimRate(ctx, db.ClaimRateParams{
		EndpointID: c.EndpointID, Rate: float64(c.Rate), Capacity: float64(c.Capacity), Wanted: int32(c.Wanted),
	})
	if err != nil {
		return Grant{}, wrap(err, "rate")
	}
	return Grant{Granted: int(row.Granted), FullIn: time.Duration(row.FullIn * float64(time.Second))}, nil
}
