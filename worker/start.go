package worker

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"posthorn/hook"
	"posthorn/store"
	"posthorn/workflows"
)

// startTimeout bounds one start; Temporal may be away.
const startTimeout = 10 * time.Second

// mostDelay is how long the start of a workflow is delayed at most, rather than
// have it wait: Temporal acts on no signal until then.
const mostDelay = 5 * time.Second

// start starts the workflow of an outbox row. That it is started already means
// done, as its id names one run. The SDK would hand back the old run in
// silence, so the error is asked for. base is where the dashboard is reached, to
// which the workflow's details lead; "" for no link.
func start(ctx context.Context, c client.Client, base string, j store.Job) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	options := client.StartWorkflowOptions{
		ID:                                       workflowID(j),
		TaskQueue:                                workflows.TaskQueue,
		WorkflowTaskTimeout:                      workflows.TaskTimeout,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		EnableEagerStart:                         true,
		StaticDetails:                            details(base, j),
	}
	var err error
	switch j.Kind {
	case store.KindMessage:
		options.StaticSummary = "Archive a message"
		options.TypedSearchAttributes = temporal.NewSearchAttributes(
			workflows.TenantAttribute.ValueSet(j.TenantID.String()), workflows.EndpointAttribute.ValueSet(j.SubjectID.String()))
		_, err = c.ExecuteWorkflow(ctx, options, workflows.Archive, workflows.ArchiveInput{MessageID: j.Ref, Run: j.Run})
	case store.KindDelivery:
		options.StaticSummary = "Deliver " + j.EventType + " to " + host(j.URL)
		attributes := []temporal.SearchAttributeUpdate{
			workflows.TenantAttribute.ValueSet(j.TenantID.String()), workflows.WebhookAttribute.ValueSet(j.SubjectID.String()),
			workflows.EventTypeAttribute.ValueSet(j.EventType),
		}
		in := workflows.DeliverInput{DeliveryID: j.Ref, Run: j.Run}
		// A short first wait is left to the start: a task less, which is nearly half of what the retry costs.
		if wait := time.Until(j.Due); wait > 0 && wait <= mostDelay {
			options.StartDelay, options.EnableEagerStart = wait, false
			options.StaticDetails += fmt.Sprintf("\n\nAttempt %d: POST %s → %s, next try in %s", j.Attempts+1, hook.PlainURL(j.URL), j.Answer, wait.Round(time.Second))
			attributes, in.Retrying = append(attributes, workflows.StateAttribute.ValueSet("retrying")), true
		}
		options.TypedSearchAttributes = temporal.NewSearchAttributes(attributes...)
		_, err = c.ExecuteWorkflow(ctx, options, workflows.Deliver, in)
	default:
		options.TypedSearchAttributes = temporal.NewSearchAttributes(
			workflows.TenantAttribute.ValueSet(j.TenantID.String()), workflows.WebhookAttribute.ValueSet(j.SubjectID.String()))
		run, summary := operation(j.Kind)
		options.StaticSummary = summary + host(j.URL)
		_, err = c.ExecuteWorkflow(ctx, options, run, workflows.OperationInput{OperationID: j.Ref, Run: j.Run})
	}
	if _, ok := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); ok {
		return nil
	}
	return err
}

// run is a kind of workflow that takes many together.
type run struct {
	workflow any
	id       func(hook.ID) string
	summary  string
}

// startRun starts a run.
func startRun(ctx context.Context, c client.Client, r run, in workflows.DispatchInput) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: r.id(in.ID), TaskQueue: workflows.TaskQueue, WorkflowTaskTimeout: workflows.TaskTimeout,
		EnableEagerStart: true, StaticSummary: r.summary,
	}, r.workflow, in)
	return err
}

// details lead from the Temporal UI, which renders Markdown, to the dashboard.
func details(base string, j store.Job) string {
	if base == "" {
		return ""
	}
	page := "/portal/webhooks/" + j.SubjectID.String()
	switch j.Kind {
	case store.KindMessage:
		page = "/portal/messages/" + j.Ref.String()
	case store.KindDelivery:
		page = "/portal/deliveries/" + j.Ref.String()
	case store.KindResume, store.KindRecover, store.KindNotify: // its webhook
	}
	return "[Open in the dashboard](" + base + page + ")"
}

// operation is the workflow of a kind of operation, and what people read of it.
func operation(kind store.Kind) (run any, summary string) {
	switch kind {
	case store.KindResume:
		return workflows.Resume, "Resume what was held for "
	case store.KindRecover:
		return workflows.Recover, "Recover what was missed by "
	default:
		return workflows.Notify, "Notify people of what fails at "
	}
}

func workflowID(j store.Job) string {
	switch j.Kind {
	case store.KindMessage:
		return hook.MessageWorkflow(j.Ref, j.Run)
	case store.KindDelivery:
		return hook.DeliveryWorkflow(j.Ref, j.Run)
	default:
		return hook.OperationWorkflow(hook.OperationKind(j.Kind), j.Ref, j.SubjectID, j.Generation, j.Run)
	}
}

// host is the part of a URL that may stand in a history.
func host(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "an unreadable URL"
	}
	return u.Host
}
