package hook

import (
	"slices"
	"time"
)

// Format chooses the body that a webhook receives.
type Format string

// The formats, each after the system whose receivers expect it.
const (
	FormatStandard        Format = "standard" // Standard Webhooks
	FormatPlatform        Format = "platform"
	FormatSendComms       Format = "sendcomms"
	FormatInboxComponents Format = "inboxcomponents"
	FormatCommenda        Format = "commenda"
)

// APIVersion is what commenda's payload calls its own version.
const APIVersion = "v1.0"

// Formats lists every format.
func Formats() []Format {
	return []Format{FormatStandard, FormatPlatform, FormatSendComms, FormatInboxComponents, FormatCommenda}
}

// DefaultFormat is the format of a webhook that was given none: SendComms'
// where it subscribes to that system's six events alone.
func DefaultFormat(events []string) Format {
	six := []string{"email.sent", "email.delivered", "email.bounced", "email.complained", "email.opened", "email.clicked"}
	other := func(event string) bool { return !slices.Contains(six, event) }
	if len(events) == 0 || slices.ContainsFunc(events, other) {
		return FormatStandard
	}
	return FormatSendComms
}

// DefaultRetryPolicy is the schedule of a format, in seconds.
func (f Format) DefaultRetryPolicy() []int {
	if f == FormatInboxComponents {
		return []int{5, 10, 20, 40, 80}
	}
	return []int{1, 5, 30, 300, 1800, 7200}
}

// DefaultTimeout bounds one attempt of a format, from DNS to the last byte.
func (f Format) DefaultTimeout() time.Duration {
	if f == FormatSendComms {
		return 5 * time.Second
	}
	return 10 * time.Second
}

// DefaultDisableAfter is the number of consecutive failures that disables.
func (f Format) DefaultDisableAfter() int {
	if f == FormatInboxComponents {
		return 5
	}
	return 10
}
