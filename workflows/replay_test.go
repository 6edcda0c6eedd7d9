package workflows

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
)

// TestReplay runs today's code over the histories of workflows that ran on a
// real server: where it decides otherwise, a running workflow would break, and
// the change belongs behind a version. The count keeps a lost history from
// passing unseen.
func TestReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/histories/*.json")
	require.NoError(t, err)
	count, err := os.ReadFile("testdata/histories/count")
	require.NoError(t, err)
	want, err := strconv.Atoi(strings.TrimSpace(string(count)))
	require.NoError(t, err)
	require.Len(t, files, want)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			replayer := worker.NewWorkflowReplayer()
			replayer.RegisterWorkflow(Archive)
			replayer.RegisterWorkflow(Deliver)
			replayer.RegisterWorkflow(Dispatch)
			replayer.RegisterWorkflow(ArchiveMany)
			replayer.RegisterWorkflow(Resume)
			replayer.RegisterWorkflow(Recover)
			replayer.RegisterWorkflow(Notify)
			replayer.RegisterWorkflow(Maintain)
			require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(nil, file))
		})
	}
}
