// Package envelope is what goes over the wire around an event: the body of each
// format, the headers and signatures of a delivery, and the check of the
// signature or secret that an inbound request carries. It does no I/O and reads
// no clock. Who receives an event, and when, is decided elsewhere; callbacks of
// providers with schemes of their own are checked elsewhere too.
package envelope

import (
	"fmt"

	"posthorn/hook"
)

// renderer writes the fields of one format. Each format is a file of its own.
type renderer func(*object, *hook.Event, *hook.Webhook)

func rendererOf(format hook.Format) renderer {
	switch format {
	case hook.FormatStandard:
		return standard
	case hook.FormatPlatform:
		return platform
	case hook.FormatSendComms:
		return sendcomms
	case hook.FormatInboxComponents:
		return inboxcomponents
	case hook.FormatCommenda:
		return commenda
	}
	return nil
}

// Body renders an event for a webhook, as one compact JSON object. It depends
// on its arguments alone, so that every attempt of a delivery sends the same
// bytes. The event's data keep the order of their keys, and their numbers and
// strings as they are written: only white space between tokens goes. (sendcomms
// writes all as JavaScript does.) It fails for a format that does not exist and
// for data that are not JSON.
func Body(format hook.Format, e *hook.Event, w *hook.Webhook) ([]byte, error) {
	render := rendererOf(format)
	if render == nil {
		return nil, fmt.Errorf("envelope: there is no format %q", format)
	}
	o := newObject(len(e.Data))
	render(o, e, w)
	body, err := o.end()
	if err != nil {
		return nil, fmt.Errorf("envelope: the data of event %s: %w", e.ID, err)
	}
	return body, nil
}
