package activities

import (
	"errors"

	"posthorn/egress"
)

// failure splits what the other side did wrong from a fault of ours.
func failure(err error) (reason string, final bool) {
	if fetch, ok := errors.AsType[*egress.FetchError](err); ok {
		return fetch.Reason, fetch.Final
	}
	return err.Error(), false
}
