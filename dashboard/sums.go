package dashboard

import (
	"time"

	"posthorn/client"
)

// sum is one line of the ledger: a number and what it is made of.
type sum struct {
	Name   string
	Terms  []term    // the first is the sum of the others
	Oldest time.Time // of what is in flight; zero: nothing is
}

// term is a number with the address of the rows behind it.
type term struct {
	Count            int64
	Name, URL, Shade string
}

// sums are the ledger's two lines.
func sums(l *client.Ledger) []sum {
	d, m := l.Deliveries, l.Messages
	message := func(n int64, name, state, shade string) term {
		to := Prefix + "/messages"
		if state != "" {
			to = searchURL("is", state)
		}
		return term{n, name, to, colour(n, shade)}
	}
	delivery := func(n int64, name, state, shade string) term {
		to := Prefix + "/deliveries?test=false"
		if state != "" {
			to += "&status=" + state
		}
		return term{n, name, to, colour(n, shade)}
	}
	return []sum{
		{"Messages", []term{
			message(m.Accepted, "accepted", "", ""), message(m.Archived, "archived", client.MessageArchived, ""),
			message(m.InFlight, "in flight", client.MessageAccepted, "busy"),
		}, m.OldestInFlight},
		{"Deliveries", []term{
			delivery(d.Made, "made", "", ""), delivery(d.Delivered, "delivered", client.DeliveryDelivered, ""),
			delivery(d.InFlight, "in flight", client.DeliveryPending, "busy"), delivery(d.Held, "held", client.DeliveryHeld, "warn"),
			delivery(d.Failed, "failed", client.DeliveryFailed, "bad"), delivery(d.Cancelled, "cancelled", client.DeliveryCancelled, ""),
		}, d.OldestInFlight},
	}
}

// colour is a number's shade, where there is something to look at.
func colour(n int64, shade string) string {
	if n == 0 {
		return ""
	}
	return shade
}
