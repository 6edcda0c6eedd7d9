package archive

import (
	"context"
	"errors"
	"net"
	"net/url"

	"github.com/minio/minio-go/v7"
)

// Fault says in a few words what kept the object store from taking something,
// without an address or a key; "" where the error is not the store's.
func Fault(err error) string {
	if refused, ok := errors.AsType[minio.ErrorResponse](err); ok {
		if refused.Code == "" {
			return "the object store refuses"
		}
		return "the object store refuses: " + refused.Code
	}
	_, away := errors.AsType[*url.Error](err)
	timeout, timed := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded), timed && timeout.Timeout():
		return "the object store does not answer in time"
	case away:
		return "the object store cannot be reached"
	}
	return ""
}
