package api_test

import (
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"posthorn/activities"
	"posthorn/archive"
	"posthorn/hook"
)

// A batch is archived as one request, each of whose messages refers to its own
// part of it.
func TestABatchIsArchivedAsOneRequest(t *testing.T) {
	t.Parallel()
	for name, coding := range map[string]bool{"plain": false, "compressed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, inArchive(t))
			tenant, key := s.tenant(t)
			e := s.endpoint(t, key, object{"retention": "24h"})
			wire, headers := "\n"+message("ä")+"\r\n{}\n"+message("2")+"\n"+message("2")+"\n"+message("3"), []string{}
			if coding {
				wire, headers = zip(t, wire), []string{"Content-Encoding", "gzip"}
			}
			g, results := s.batch(t, e, wire, headers...)
			require.Equal(t, 200, g.status, g.raw)
			require.Len(t, results, 5)
			require.Equal(t, 422, results[1].status)
			require.Equal(t, true, results[3].data()["duplicate"])

			worker := activities.Activities{Store: s.store, Archive: s.config.Archive}
			batches := map[hook.ID]*archive.BatchMetadata{}
			for i, line := range map[int]string{0: message("ä"), 2: message("2"), 4: message("3")} {
				id, err := hook.ParseID(results[i].str("id"))
				require.NoError(t, err)
				path := "/api/v1/messages/" + id.String() + "/raw"
				require.Equal(t, line, s.call(t, key, "GET", path, nil).raw)
				_, err = worker.Seal(t.Context(), id)
				require.NoError(t, err)
				require.Equal(t, line, s.call(t, key, "GET", path, nil).raw)
				stored, err := s.store.Message(t.Context(), uuid.MustParse(tenant), id)
				require.NoError(t, err)
				record, err := s.config.Archive.ReadRecord(t.Context(), stored.Location)
				require.NoError(t, err)
				require.Equal(t, coding, strings.Contains(string(record.Request), "Content-Encoding: gzip\r\n"), "the request is as it came")
				require.Contains(t, string(record.Request), "Authorization: Bearer fp:")
				batches[record.Metadata.Batch.ID] = record.Metadata.Batch
			}
			require.Len(t, batches, 1, "they came in one request")
			for id := range batches {
				b, err := s.store.Batch(t.Context(), id)
				require.NoError(t, err)
				require.Nil(t, b.Raw, "its body is no longer in the database")
				require.Equal(t, sha256.Sum256([]byte(wire)), b.SHA256)
			}
		})
	}
}
