package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// TaskQueue is where workers find their work.
const TaskQueue = "posthorn"

// SlowQueue is where attempts to webhooks that hang are made.
const SlowQueue = "posthorn-slow"

// TaskTimeout bounds one workflow task: after a crash of its worker a task
// that it was given comes back only then.
const TaskTimeout = 5 * time.Second

// The search attributes by which operators find workflows in the Temporal UI.
var (
	TenantAttribute    = temporal.NewSearchAttributeKeyKeyword("PosthornTenant")
	EndpointAttribute  = temporal.NewSearchAttributeKeyKeyword("PosthornEndpoint")
	WebhookAttribute   = temporal.NewSearchAttributeKeyKeyword("PosthornWebhook")
	EventTypeAttribute = temporal.NewSearchAttributeKeyKeyword("PosthornEventType")
	StateAttribute     = temporal.NewSearchAttributeKeyKeyword("PosthornState")
)

// SearchAttributes names every attribute: set-up registers them.
func SearchAttributes() []string {
	return []string{
		TenantAttribute.GetName(), EndpointAttribute.GetName(), WebhookAttribute.GetName(),
		EventTypeAttribute.GetName(), StateAttribute.GetName(),
	}
}

// faults is how our own faults (a database or an object store that is away)
// are retried: for good, as nothing that was accepted is given up.
func faults() *temporal.RetryPolicy {
	return &temporal.RetryPolicy{InitialInterval: 500 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second}
}

// forever bounds the tries together. Without a value the SDK takes the timeout
// of one try for it, and an outage of a minute would end the workflow.
const forever = 10 * 365 * 24 * time.Hour

// quick are the options of work that is done in the workflow's own worker.
func quick(ctx workflow.Context, timeout time.Duration, summary string) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: timeout, ScheduleToCloseTimeout: forever, RetryPolicy: faults(), Summary: summary,
	})
}

// long are the options of work that takes longer than a workflow task may: it
// says that it is alive.
func long(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Hour, HeartbeatTimeout: 30 * time.Second, RetryPolicy: faults(), Summary: summary,
	})
}
