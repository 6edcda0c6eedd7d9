package hook

import "time"

// ArchiveFault is what keeps messages from being archived. It names no address
// and no key: tenants see it.
type ArchiveFault struct {
	Error    string
	Messages int // that wait for it
	FirstAt  time.Time
	LastAt   time.Time
}

// Waiting is a message that is not archived yet.
type Waiting struct {
	ID     ID
	Error  string    // of its last try that failed; "": none has, or none was recorded
	Tries  int       // that failed and were recorded
	LastAt time.Time // of the last of them
}
