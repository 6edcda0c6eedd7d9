package test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	temporal "go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"google.golang.org/protobuf/proto"

	"posthorn/client"
	"posthorn/gateway"
	"posthorn/workflows"
)

// recordVariable, where it is set, keeps what TestRecordHistories records as
// the histories that the workflows' own test replays.
const recordVariable = "POSTHORN_RECORD_HISTORIES"

// notified is whom the notices go to: no history has an address of anybody.
const notified = "ops@example.com"

// recording is where the paths below run, and what must not stand in their
// histories.
type recording struct {
	*gate
	mu      sync.Mutex
	secrets []string
}

// walk takes one path.
type walk struct {
	*recording
	t *testing.T
}

// paths are the ways that a workflow can take. Each returns its workflow's id
// and what the workflow's result must contain.
var paths = map[string]func(walk) (id, result string){
	"archive-plain": func(w walk) (string, string) {
		return w.message(plain("1")), `"Status":"archived"`
	},
	"archive-fetched-at-second-try": func(w walk) (string, string) {
		return w.message(message("1", files(w.t, fetched, http.StatusServiceUnavailable))), `"Status":"archived"`
	},
	"archive-fetch-failed-for-good": func(w walk) (string, string) {
		return w.message(message("1", files(w.t, fetched, http.StatusNotFound))), `"Events":2`
	},
	"deliver-at-once": func(w walk) (string, string) {
		id, _ := w.publish(receive(w.t))
		return id, `"delivered","Attempts":1`
	},
	"deliver-after-retries": func(w walk) (string, string) {
		id, _ := w.publish(receive(w.t, 500, 503), 1, 1)
		return id, `"delivered","Attempts":3`
	},
	"deliver-failed-for-good": func(w walk) (string, string) {
		id, _ := w.publish(receive(w.t, 500, 404), 1)
		return id, `"failed","Attempts":2`
	},
	"deliver-cancelled": func(w walk) (string, string) {
		id, _ := w.publish(receive(w.t, 500), 60)
		require.NoError(w.t, w.temporal.SignalWorkflow(w.t.Context(), id, "", workflows.Cancel, nil))
		return id, `"cancelled","Attempts":1`
	},
	"deliver-retried-now": func(w walk) (string, string) {
		id, _ := w.publish(receive(w.t, 500), 60)
		require.NoError(w.t, w.temporal.SignalWorkflow(w.t.Context(), id, "", workflows.RetryNow, nil))
		return id, `"delivered","Attempts":2`
	},
	"deliver-held": func(w walk) (string, string) {
		id, webhook := w.publish(receive(w.t, 500), 2)
		w.disable(webhook)
		return id, `"held","Attempts":1`
	},
	"deliver-resumed": func(w walk) (string, string) {
		id, webhook := w.publish(receive(w.t, 500), 2)
		w.disable(webhook)
		_, err := w.client.EnableWebhook(w.t.Context(), webhook)
		require.NoError(w.t, err)
		return id + "/1", `"delivered","Attempts":2`
	},
	"deliver-replayed": func(w walk) (string, string) {
		id, _ := w.publish(receive(w.t, 200, 500), 1)
		_, err := w.client.RetryDelivery(w.t.Context(), strings.TrimPrefix(id, "delivery/"))
		require.NoError(w.t, err)
		return id + "/1", `"delivered","Attempts":3`
	},
	"deliver-in-its-turn": func(w walk) (string, string) {
		ids := w.publishTo(receive(w.t, 500), 2, func(s *client.WebhookSettings) { s.OrderedBy = new("type") })
		return ids[1] + "/1", `"delivered","Attempts":1`
	},
	"deliver-at-its-rate": func(w walk) (string, string) {
		ids := w.publishTo(receive(w.t), 3, func(s *client.WebhookSettings) { s.RateLimit = new(1) })
		return w.withTimer(ids), `"delivered","Attempts":1`
	},
	"deliver-superseded": func(w walk) (string, string) {
		id, webhook := w.publish(receive(w.t, 500, 500), 2, 60)
		_, err := w.client.RetryDelivery(w.t.Context(), strings.TrimPrefix(id, "delivery/"))
		require.NoError(w.t, err)
		w.delivery(w.t, webhook, hasAttempts(2), "its second run has made its attempt")
		return id, `"pending","Attempts":2,"Reason":"superseded"`
	},
	"deliver-ended-elsewhere": func(w walk) (string, string) {
		id, _ := w.publish(receive(w.t, 500), 2)
		_, err := w.client.CancelDelivery(w.t.Context(), strings.TrimPrefix(id, "delivery/"))
		require.NoError(w.t, err)
		return id, `"cancelled","Attempts":1`
	},
	"deliver-webhook-deleted": func(w walk) (string, string) {
		id, webhook := w.publish(receive(w.t, 500), 2)
		require.NoError(w.t, w.client.DeleteWebhook(w.t.Context(), webhook))
		return id, `"cancelled","Attempts":1`
	},
	"deliver-gone": func(w walk) (string, string) {
		id, _ := w.publish(receive(w.t, http.StatusGone), 2)
		return id, `"held","Attempts":1`
	},
	"resume": func(w walk) (string, string) {
		_, webhook := w.publish(receive(w.t, 500), 60)
		w.disableNow(webhook)
		_, err := w.client.EnableWebhook(w.t.Context(), webhook)
		require.NoError(w.t, err)
		return "resume/" + webhook + "/2", `"Status":"done","Done":1,"Total":1`
	},
	"recover": func(w walk) (string, string) {
		_, webhook := w.publish(receive(w.t))
		w.delivery(w.t, webhook, hasStatus(client.DeliveryDelivered), "it is delivered")
		o, err := w.client.Recover(w.t.Context(), webhook, client.Recovery{Since: time.Now().Add(-time.Hour), Include: client.IncludeAll})
		require.NoError(w.t, err)
		return "recover/" + o.ID, `"Status":"done","Done":1,"Total":1`
	},
	"notify": func(w walk) (string, string) {
		_, webhook := w.publish(receive(w.t, http.StatusGone), 60)
		return "notify/" + webhook + "/1", `"Status":"done","Done":1,"Total":1`
	},
}

// TestRecordHistories takes every path on a real server. The history of each
// must replay, and holds no secret and no body.
func TestRecordHistories(t *testing.T) {
	t.Parallel()
	_, mail := openMailbox(t)
	r := &recording{gate: start(t, mail, func(c *gateway.Config) { c.Dispatch = "workflow" })}
	_, err := r.client.UpdateTenant(t.Context(), client.TenantSettings{NotifyEmails: &[]string{notified}})
	require.NoError(t, err)
	r.secrets = []string{notified, bodyText, inlineText, fetched, fileToken, r.tenant.Key, r.config.RootKey}
	recorded := map[string][]byte{}
	t.Run("paths", func(t *testing.T) {
		for name, take := range paths {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				id, result := take(walk{recording: r, t: t})
				kept := r.record(t, id, result)
				r.mu.Lock()
				defer r.mu.Unlock()
				recorded[name] = kept
			})
		}
	})
	t.Run("dispatch", func(t *testing.T) { recorded["dispatch"] = recordDispatch(t) })
	t.Run("archive-many", func(t *testing.T) { recorded["archive-many"] = recordArchiveMany(t, (*gate).endpoint, `"Endpoints":1`) })
	t.Run("archive-segments", func(t *testing.T) {
		recorded["archive-segments"] = recordArchiveMany(t, (*gate).segmented, `"Segments":`)
	})
	t.Run("deliver-late", func(t *testing.T) { recorded["deliver-late"] = recordLate(t, "", `"delivered","Attempts":2`) })
	t.Run("deliver-late-cancelled", func(t *testing.T) {
		recorded["deliver-late-cancelled"] = recordLate(t, workflows.Cancel, `"cancelled","Attempts":1`)
	})
	t.Run("maintain", func(t *testing.T) { recorded["maintain"] = recordMaintain(t) })
	if os.Getenv(recordVariable) == "" || t.Failed() {
		return
	}
	require.Len(t, recorded, len(paths)+6, "all are recorded together")
	dir := at("workflows/testdata/histories")
	require.NoError(t, os.RemoveAll(dir))
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for name, kept := range recorded {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".json"), kept, 0o644))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "count"), []byte(strconv.Itoa(len(recorded))+"\n"), 0o644))
}

// recordDispatch has a burst streamed, by a gateway of its own: the others have
// a workflow for each delivery.
func recordDispatch(t *testing.T) []byte {
	t.Helper()
	r := &recording{gate: start(t, func(c *gateway.Config) { c.TemporalUIURL = "http://127.0.0.1" })}
	receiver := receive(t)
	webhook := r.webhook(t, receiver, subscribedTo("good"))
	r.secrets = []string{webhook.Secret, r.tenant.Key, r.config.RootKey}
	const events = 120
	require.NoError(t, r.burst(t.Context(), "good.one", events))
	for _, d := range r.awaitStatus(t, webhook.ID, client.DeliveryDelivered, events) {
		if _, id, streamed := strings.Cut(d.WorkflowURL, "/workflows/dispatch%2F"); streamed {
			return r.record(t, "dispatch/"+id, `"Webhooks":1`)
		}
	}
	require.FailNow(t, "nothing was streamed")
	return nil
}

// recordArchiveMany has many messages of an endpoint archived together.
func recordArchiveMany(t *testing.T, made func(*gate, *testing.T) (client.Endpoint, *client.Sender), result string) []byte {
	t.Helper()
	r := &recording{gate: start(t, func(c *gateway.Config) { c.TemporalUIURL = "http://127.0.0.1" })}
	endpoint, sender := made(r.gate, t)
	r.secrets = []string{endpoint.Secret, bodyText, r.tenant.Key, r.config.RootKey}
	const messages = 120
	sendMany(t, sender, messages)
	for _, m := range r.awaitArchived(t, endpoint.ID, messages) {
		if _, id, streamed := strings.Cut(m.WorkflowURL, "/workflows/archive%2F"); streamed {
			return r.record(t, "archive/"+id, result)
		}
	}
	require.FailNow(t, "nothing was archived with others")
	return nil
}

// recordLate has a delivery retried whose first attempt was streamed with
// others, so that its workflow starts late; a signal comes before that.
func recordLate(t *testing.T, signal, result string) []byte {
	t.Helper()
	r := &recording{gate: start(t)}
	r.webhook(t, receive(t), subscribedTo("good"))
	require.NoError(t, r.burst(t.Context(), "good.one", 120))
	id, _ := walk{recording: r, t: t}.publish(receive(t, 500), 5)
	if signal != "" {
		require.Eventually(t, func() bool { return r.temporal.SignalWorkflow(t.Context(), id, "", signal, nil) == nil }, patience, 10*time.Millisecond)
	}
	r.secrets = append(r.secrets, bodyText, fileToken, r.tenant.Key, r.config.RootKey)
	kept := r.record(t, id, result)
	require.Contains(t, string(kept), `"firstWorkflowTaskBackoff"`)
	return kept
}

// recordMaintain has one past month dropped, and another kept.
func recordMaintain(t *testing.T) []byte {
	t.Helper()
	r := &recording{gate: start(t)}
	return r.record(t, r.maintain(t), `"Kept":[{"Month":"2025-04"`)
}

// message sends a message and returns its workflow.
func (w walk) message(m client.NewMessage) string {
	w.t.Helper()
	endpoint, sender := w.endpoint(w.t)
	w.secret(endpoint.Secret)
	accepted, err := sender.Send(w.t.Context(), m)
	require.NoError(w.t, err)
	return "message/" + accepted.ID
}

// publish has an event delivered to a receiver. It returns the workflow and
// the webhook once the first attempt is recorded.
func (w walk) publish(to *receiver, policy ...int) (id, webhook string) {
	w.t.Helper()
	eventType := "test." + filepath.Base(w.t.Name())
	url := to.url + "?token=" + fileToken
	made, err := w.client.CreateWebhook(w.t.Context(), client.WebhookSettings{URL: &url, Events: &[]string{eventType}, RetryPolicy: &policy})
	require.NoError(w.t, err)
	w.secret(made.Secret)
	_, err = w.client.Publish(w.t.Context(), client.NewEvent{Type: eventType, Data: map[string]string{"body": bodyText}})
	require.NoError(w.t, err)
	d := w.delivery(w.t, made.ID, hasAttempts(1), "its first attempt is recorded")
	return "delivery/" + d.ID, made.ID
}

// publishTo has n events delivered to a receiver by a webhook with settings of
// its own. It returns the first workflow of each delivery.
func (w walk) publishTo(to *receiver, n int, change func(*client.WebhookSettings)) (ids []string) {
	w.t.Helper()
	made := w.webhook(w.t, to, retries(1, 1), subscribed("test."+filepath.Base(w.t.Name()), change))
	w.secret(made.Secret)
	w.publishMany(w.t, made.Events[0], n)
	for _, d := range w.awaitStatus(w.t, made.ID, client.DeliveryDelivered, n) {
		ids = append(ids, "delivery/"+d.ID)
	}
	slices.Sort(ids)
	return ids
}

// withTimer is the workflow that waited.
func (w walk) withTimer(ids []string) string {
	w.t.Helper()
	for _, id := range ids {
		for events := w.temporal.GetWorkflowHistory(w.t.Context(), id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); events.HasNext(); {
			event, err := events.Next()
			require.NoError(w.t, err)
			if event.GetTimerStartedEventAttributes() != nil {
				return id
			}
		}
	}
	require.Fail(w.t, "none waited")
	return ""
}

// disable sets a webhook's delivery aside, and lets the workflow find out.
func (w walk) disable(webhook string) {
	w.t.Helper()
	_, err := w.client.UpdateWebhook(w.t.Context(), webhook, client.WebhookSettings{Active: new(false)})
	require.NoError(w.t, err)
	d := w.delivery(w.t, webhook, hasStatus(client.DeliveryHeld), "it is held")
	w.requireStatus(w.t, "delivery/"+d.ID, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
}

// disableNow sets a webhook's delivery aside.
func (w walk) disableNow(webhook string) {
	w.t.Helper()
	_, err := w.client.UpdateWebhook(w.t.Context(), webhook, client.WebhookSettings{Active: new(false)})
	require.NoError(w.t, err)
}

func (r *recording) secret(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secrets = append(r.secrets, s)
}

// record waits for a workflow's end and returns its history as it is kept.
func (r *recording) record(t *testing.T, id, result string) []byte {
	t.Helper()
	r.requireStatus(t, id, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	var came json.RawMessage
	require.NoError(t, r.temporal.GetWorkflow(t.Context(), id, "").Get(t.Context(), &came))
	require.Contains(t, string(came), result)

	var h history.History
	for events := r.temporal.GetWorkflowHistory(t.Context(), id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); events.HasNext(); {
		event, err := events.Next()
		require.NoError(t, err)
		h.Events = append(h.Events, event)
	}
	if of, _, _ := strings.Cut(id, "/"); of == "message" || of == "delivery" || of == "resume" || of == "recover" || of == "notify" { // the others are of many tenants
		stored, err := proto.Marshal(&h)
		require.NoError(t, err)
		require.Contains(t, string(stored), r.tenant.ID, "it can be searched")
	}
	r.requireNoSecret(t, &h)
	kept := anonymous(t, &h)
	requireReplays(t, kept)
	return kept
}

// requireNoSecret looks through the history as it is stored, where payloads
// are readable.
func (r *recording) requireNoSecret(t *testing.T, h *history.History) {
	t.Helper()
	stored, err := proto.Marshal(h)
	require.NoError(t, err)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, secret := range r.secrets {
		require.NotContains(t, string(stored), secret)
	}
}

// anonymous writes a history as JSON, without the names of machines and
// processes in it.
func anonymous(t *testing.T, h *history.History) []byte {
	t.Helper()
	text, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(h)
	require.NoError(t, err)
	var tree any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&tree))
	anonymise(tree)
	kept, err := json.MarshalIndent(tree, "", "\t")
	require.NoError(t, err)
	return append(kept, '\n')
}

func anonymise(tree any) {
	switch node := tree.(type) {
	case []any:
		for _, item := range node {
			anonymise(item)
		}
	case map[string]any:
		if _, ok := node["identity"]; ok {
			node["identity"] = "worker"
		}
		if node["kind"] == "TASK_QUEUE_KIND_STICKY" {
			node["name"] = "worker"
		}
		for _, item := range node {
			anonymise(item)
		}
	}
}

func requireReplays(t *testing.T, kept []byte) {
	t.Helper()
	h, err := temporal.HistoryFromJSON(bytes.NewReader(kept), temporal.HistoryJSONOptions{})
	require.NoError(t, err)
	replayer := worker.NewWorkflowReplayer()
	replayer.RegisterWorkflow(workflows.Archive)
	replayer.RegisterWorkflow(workflows.Deliver)
	replayer.RegisterWorkflow(workflows.Dispatch)
	replayer.RegisterWorkflow(workflows.ArchiveMany)
	replayer.RegisterWorkflow(workflows.Resume)
	replayer.RegisterWorkflow(workflows.Recover)
	replayer.RegisterWorkflow(workflows.Notify)
	replayer.RegisterWorkflow(workflows.Maintain)
	require.NoError(t, replayer.ReplayWorkflowHistory(slog.New(slog.DiscardHandler), h))
}
