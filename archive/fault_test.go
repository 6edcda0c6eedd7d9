package archive_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/archive"
)

func TestFaultsOfTheStoreAreNamedWithoutItsAddress(t *testing.T) {
	t.Parallel()
	m := message(1)
	refusing := config(t)
	refusing.SecretKey = "another secret"
	gone := config(t)
	gone.Endpoint = "http://127.0.0.1:1"
	slow := between(t, func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		_, _ = io.Copy(io.Discard, r.Body) // or nobody sees that the client has gone
		<-r.Context().Done()
	})
	for said, a := range map[string]*archive.Archive{
		"the object store refuses: SignatureDoesNotMatch": open(t, refusing),
		"the object store cannot be reached":              open(t, gone),
		"the object store does not answer in time":        slow.Archive,
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		_, err := a.PutRecord(ctx, key(m), seal(t, m), time.Now().Add(time.Hour))
		cancel()
		require.Error(t, err)
		require.Equal(t, said, archive.Fault(err), err.Error())
	}
	require.Empty(t, archive.Fault(errors.New("something else")))
}
