package test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/stretchr/testify/require"

	"posthorn/client"
	"posthorn/crash"
)

// apiPoints says of each crash point of the API whether the message is durable
// by then.
var apiPoints = map[string]bool{crash.BeforeCommit: false, crash.AfterCommit: true}

var workerPoints = []string{
	crash.BeforeStart, crash.AfterStart, crash.AfterFetch, crash.AfterNumber, crash.AfterRecord,
	crash.AfterArchive, crash.AfterSend, crash.AfterAttempt,
}

// segmentPoints are those of messages that are archived together.
var segmentPoints = []string{crash.AfterAssign, crash.AfterBatch, crash.AfterRecord, crash.AfterSegment, crash.AfterArchive}

// TestEveryCrashPointIsDiedAt finds the points where the product has them.
func TestEveryCrashPointIsDiedAt(t *testing.T) {
	t.Parallel()
	tested := slices.Concat(slices.Collect(maps.Keys(apiPoints)), workerPoints, segmentPoints)
	slices.Sort(tested)
	tested = slices.Compact(tested)
	var built []string
	file, err := parser.ParseFile(token.NewFileSet(), at("crash/crash.go"), nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		if value, ok := n.(*ast.BasicLit); ok && value.Value != strconv.Quote(crash.EnvironmentKey) {
			built = append(built, strings.Trim(value.Value, `"`))
		}
		return true
	})
	require.ElementsMatch(t, built, tested)
}

// TestAnAPIThatDiesLosesNothing kills the API while it takes a message. The
// producer, who has no answer, sends again.
func TestAnAPIThatDiesLosesNothing(t *testing.T) {
	t.Parallel()
	for point, durable := range apiPoints {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			g := prepare(t, freeAddress(t))
			api := g.run(t, "api", point)
			g.enter(t)
			s := g.sendable(t)
			_, err := s.send(t)
			require.Error(t, err)
			refused, answered := errors.AsType[*client.Error](err)
			require.False(t, answered, "no answer comes of a process that died: %v", refused)
			api.awaitCrash(t)

			g.run(t, "api", "")
			g.run(t, "worker", "")
			accepted := await(t, func() (client.Accepted, error) { return s.send(t) },
				func(client.Accepted) bool { return true }, "the producer gets its answer")
			require.Equal(t, durable, accepted.Duplicate)
			s.requireOnce(t, accepted.ID)
		})
	}
}

// TestAWorkerThatDiesLosesNothing kills the worker between any two steps.
func TestAWorkerThatDiesLosesNothing(t *testing.T) {
	t.Parallel()
	for _, point := range workerPoints {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			g := prepare(t, freeAddress(t))
			g.run(t, "api", "")
			worker := g.run(t, "worker", point)
			g.enter(t)
			s := g.sendable(t)
			accepted, err := s.send(t)
			require.NoError(t, err)
			worker.awaitCrash(t)

			g.run(t, "worker", "")
			s.requireOnce(t, accepted.ID)
			again, err := s.send(t)
			require.NoError(t, err)
			require.True(t, again.Duplicate)
			require.Equal(t, accepted.ID, again.ID)
		})
	}
}

// sending is a message, with its producer and its receiver.
type sending struct {
	*gate
	sender   *client.Sender
	body     []byte
	receiver *receiver
	webhook  client.Webhook
}

func (g *gate) sendable(t *testing.T) *sending {
	t.Helper()
	s := &sending{gate: g, receiver: receive(t)}
	s.webhook = g.webhook(t, s.receiver)
	_, s.sender = g.endpoint(t)
	var err error
	s.body, err = json.Marshal(message("crash", files(t, fetched)))
	require.NoError(t, err)
	return s
}

func (s *sending) send(t *testing.T) (client.Accepted, error) {
	t.Helper()
	return s.sender.SendRaw(t.Context(), s.body)
}

// requireOnce waits for the message to be archived and delivered, and counts:
// one message, one version of each object, one event, one delivery. It may
// arrive more than once, under the same ids.
func (s *sending) requireOnce(t *testing.T, id string) {
	t.Helper()
	kept := s.archived(t, id)
	require.Equal(t, sum(s.body), kept.SHA256)
	delivered := s.delivery(t, s.webhook.ID, hasStatus(client.DeliveryDelivered), "it is delivered")

	require.Len(t, collect(t, s.client.Messages(t.Context(), client.MessageFilter{})), 1)
	require.Equal(t, int64(1), kept.Number)
	events := collect(t, s.client.Events(t.Context(), client.EventFilter{}))
	require.Len(t, events, 1)
	require.Equal(t, id, events[0].MessageID)
	require.Len(t, collect(t, s.client.Deliveries(t.Context(), client.DeliveryFilter{})), 1)
	require.Equal(t, events[0].ID, delivered.EventID)
	arrived := s.receiver.events()
	require.Len(t, arrived, 1)
	require.Contains(t, arrived, delivered.EventID)
	require.LessOrEqual(t, arrived[delivered.EventID], 2)
	require.Equal(t, delivered.ID, s.receiver.next(t).delivery())

	versions := map[string]int{}
	for o := range s.objects.ListObjectsIter(t.Context(), s.config.S3Bucket, minio.ListObjectsOptions{Recursive: true, WithVersions: true}) {
		require.NoError(t, o.Err)
		versions[o.Key]++
	}
	require.Equal(t, map[string]int{
		kept.Archive.ObjectKey: 1, kept.Attachments[0].ObjectKey: 1, kept.Attachments[1].ObjectKey: 1,
	}, versions)
}
