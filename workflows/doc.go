// Package workflows holds the durable stories: how a message is archived and
// how an event is delivered. The code here is deterministic: what touches the
// world is an activity, and only ids and facts enter a history, never bodies
// or secrets. Who starts a workflow, and when, is the worker's.
package workflows
