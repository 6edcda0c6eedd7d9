package workflows

import (
	"context"
	"testing"

	"go.temporal.io/sdk/testsuite"

	"posthorn/activities"
	"posthorn/hook"
)

// script stands for the activities: what they really do is tested with real
// servers in test/. Its functions are the methods of activities.Activities.
type script struct {
	plan    func(id hook.ID, run int) (activities.ArchivePlan, error)
	fetch   func(activities.Fetch) (activities.Fetched, error)
	confirm func(last bool) (activities.Fetched, error)
	seal    func(hook.ID) (activities.Sealed, error)
	attempt func(activities.AttemptInput) (activities.Step, error)
	slice   func(activities.OperationInput) (activities.Progress, error)
	stream  func(DispatchInput) (activities.Dispatched, error)
	many    func(DispatchInput) (activities.ArchivedMany, error)
	address func() (activities.Progress, error)
	send    func(recipient int, giveUp bool) (activities.Progress, error)
	months  func() (activities.Partitions, error)
	drop    func(activities.Month) (activities.Dropped, error)
}

func (s *script) MakeMonths(context.Context) (activities.Partitions, error) { return s.months() }

func (s *script) DropMonth(_ context.Context, m activities.Month) (activities.Dropped, error) {
	return s.drop(m)
}

func (s *script) PlanArchive(_ context.Context, id hook.ID, run int) (activities.ArchivePlan, error) {
	return s.plan(id, run)
}

func (s *script) FetchAttachment(_ context.Context, _ hook.ID, f activities.Fetch) (activities.Fetched, error) {
	return s.fetch(f)
}

func (s *script) Confirm(_ context.Context, _ hook.ID, last bool) (activities.Fetched, error) {
	return s.confirm(last)
}

func (s *script) Seal(_ context.Context, id hook.ID) (activities.Sealed, error) { return s.seal(id) }

func (s *script) Attempt(_ context.Context, in activities.AttemptInput) (activities.Step, error) {
	return s.attempt(in)
}

func (s *script) Dispatch(_ context.Context, in DispatchInput) (activities.Dispatched, error) {
	return s.stream(in)
}

func (s *script) ArchiveMany(_ context.Context, in DispatchInput) (activities.ArchivedMany, error) {
	return s.many(in)
}

func (s *script) Resume(_ context.Context, in activities.OperationInput) (activities.Progress, error) {
	return s.slice(in)
}

func (s *script) Recover(_ context.Context, in activities.OperationInput) (activities.Progress, error) {
	return s.slice(in)
}

func (s *script) AddressNotice(context.Context, activities.OperationInput) (activities.Progress, error) {
	return s.address()
}

func (s *script) SendNotice(_ context.Context, _ activities.OperationInput, recipient int, giveUp bool) (activities.Progress, error) {
	return s.send(recipient, giveUp)
}

// environment runs one workflow in the SDK's test environment, whose clock
// skips waits.
func environment(t *testing.T, s *script) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silent{})
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterActivity(s)
	return env
}

// silent is a logger: the SDK tells of every timer.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
