package archive_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A second implementation, which holds records to the standard, digests and
// header fields included. It is a module of its own for its dependencies.
func TestStrictImplementationAcceptsRecords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := filepath.Join(dir, "readwarc")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if out, err := run(ctx, testdata("gowarc"), "go", "build", "-o", program, "."); err != nil {
		unavailable(t, "reading records with gowarc needs go and the module proxy: "+err.Error()+" "+out)
	}
	for name, m := range golden() {
		fresh := filepath.Join(dir, name+".warc.gz")
		require.NoError(t, os.WriteFile(fresh, seal(t, m).Bytes, 0o600))
		for _, file := range []string{fresh, goldenFile(name)} {
			out, err := run(t.Context(), dir, program, file)
			require.NoError(t, err, "%s: %s", name, out)
			lines := strings.Split(strings.TrimSpace(out), "\n")
			require.Len(t, lines, 2)
			require.Equal(t, "0 request <urn:uuid:"+m.ID.String()+">", lines[0])
			require.Contains(t, lines[1], " metadata ")
		}
	}
	// A segment is a file of all its messages' records, each where it is said to lie.
	made, messages := segment(t, goldenSegment()...), goldenSegment()
	fresh := filepath.Join(dir, "segment.warc.gz")
	require.NoError(t, os.WriteFile(fresh, made.Bytes, 0o600))
	for _, file := range []string{fresh, goldenSegmentFile()} {
		out, err := run(t.Context(), dir, program, file)
		require.NoError(t, err, out)
		lines, offset := strings.Split(strings.TrimSpace(out), "\n"), int64(0)
		require.Len(t, lines, 2*len(messages))
		for i, m := range messages {
			require.Equal(t, fmt.Sprintf("%d request <urn:uuid:%s>", offset, m.ID), lines[2*i])
			offset += made.Lengths[i]
		}
	}

	for name, want := range map[string]string{"1-batch": "0 request <urn:uuid:", "1-message": "0 metadata <urn:uuid:", "1-segment": "0 metadata <urn:uuid:"} {
		out, err := run(t.Context(), dir, program, testdata("batches", name+".warc.gz"))
		require.NoError(t, err, "%s: %s", name, out)
		require.True(t, strings.HasPrefix(out, want), out)
	}

	// It does look: a record whose digest is wrong is refused.
	request, metadata := take(t)
	request[0] = strings.Replace(request[0], "Payload-Digest: sha256:e", "Payload-Digest: sha256:f", 1)
	file := filepath.Join(dir, "wrong.warc.gz")
	require.NoError(t, os.WriteFile(file, warc(t, request, metadata), 0o600))
	_, err := run(t.Context(), dir, program, file)
	require.Error(t, err)
}
