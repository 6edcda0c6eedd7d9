package client

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// pageSize is how many things are asked for at a time: the most that the API
// gives.
const pageSize = 100

// all iterates over a list, newest first, and fetches its pages as they are
// needed. An error ends it. What is added meanwhile does not appear; nothing
// else is missed or repeated.
func all[T any](ctx context.Context, c *Client, path string, filter url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		query := maps.Clone(filter)
		if query == nil {
			query = url.Values{}
		}
		query.Set("limit", strconv.Itoa(pageSize))
		for {
			p, err := fetchPage[T](ctx, c, path+"?"+query.Encode())
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, thing := range p.Data {
				if !yield(thing, nil) {
					return
				}
			}
			if p.NextCursor == "" {
				return
			}
			query.Set("cursor", p.NextCursor)
		}
	}
}

type page[T any] struct {
	Data       []T    `json:"data"`
	NextCursor string `json:"next_cursor"` // null on the last
}

func fetchPage[T any](ctx context.Context, c *Client, path string) (p page[T], err error) {
	response, err := c.do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return p, err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&p); err != nil {
		return p, fmt.Errorf("client: the answer of GET %s: %w", path, err)
	}
	return p, nil
}

// set adds a parameter of a filter, unless it is empty.
func set(query url.Values, name, value string) {
	if value != "" {
		query.Set(name, value)
	}
}

func setTime(query url.Values, name string, t time.Time) {
	if !t.IsZero() {
		query.Set(name, t.UTC().Format(time.RFC3339Nano))
	}
}
