package hook

// MessageCounts are numbers of messages. Accepted is counted apart from what
// became of them.
type MessageCounts struct {
	Accepted int64 // ever
	Archived int64
	InFlight int64 // accepted and not archived yet
}

// Balanced reports whether every message is accounted for.
func (c MessageCounts) Balanced() bool { return c.Accepted == c.Archived+c.InFlight }

// Plus adds.
func (c MessageCounts) Plus(o MessageCounts) MessageCounts {
	return MessageCounts{c.Accepted + o.Accepted, c.Archived + o.Archived, c.InFlight + o.InFlight}
}

// DeliveryCounts are numbers of deliveries, apart from tests. Made is counted
// apart from what became of them.
type DeliveryCounts struct {
	Made      int64 // ever: one for each event and webhook that matched
	Delivered int64
	InFlight  int64 // pending: to be attempted
	Held      int64
	Failed    int64
	Cancelled int64
}

// Balanced reports whether every delivery is accounted for.
func (c DeliveryCounts) Balanced() bool {
	return c.Made == c.Delivered+c.InFlight+c.Held+c.Failed+c.Cancelled
}

// Plus adds.
func (c DeliveryCounts) Plus(o DeliveryCounts) DeliveryCounts {
	return DeliveryCounts{
		c.Made + o.Made, c.Delivered + o.Delivered, c.InFlight + o.InFlight, c.Held + o.Held,
		c.Failed + o.Failed, c.Cancelled + o.Cancelled,
	}
}
