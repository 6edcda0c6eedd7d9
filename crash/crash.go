// Package crash lets tests kill a process at a named point. Without the build
// tag "crashpoints", that is in every binary that ships, a point is nothing.
package crash

// The points at which a process can be killed: between any two steps that must
// come together or not at all.
const (
	BeforeCommit   = "before-commit" // a message is read, and not yet durable
	AfterCommit    = "after-commit"  // durable, and not yet answered
	BeforeStart    = "before-start"  // an outbox row is read, its workflow not started
	AfterStart     = "after-start"   // started, and the row not deleted
	AfterFetch     = "after-fetch"   // an attachment is in WORM, and not recorded
	AfterNumber    = "after-number"  // a message has its number, and is not in WORM
	AfterRecord    = "after-record"  // its record is in WORM, and it is not marked archived
	AfterAssign    = "after-assign"  // messages have their segment, which is not in WORM
	AfterBatch     = "after-batch"   // the request that brought many is in WORM, and not recorded
	AfterSegment   = "after-segment" // it is, and is recorded, and its messages are not marked archived
	AfterArchive   = "after-archive" // archived and published, and the workflow does not know
	AfterSend      = "after-send"    // an attempt was answered, and is not recorded
	AfterAttempt   = "after-attempt" // recorded, and the workflow does not know
	EnvironmentKey = "POSTHORN_CRASH_AT"
)
