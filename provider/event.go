package provider

import "time"

// Event is one thing that a callback says. Its JSON is the data of the event
// that is published; a key that is always there can be null.
type Event struct {
	Type              string  `json:"type"` // email.* or message.*
	Provider          string  `json:"provider"`
	Channel           string  `json:"channel"`   // email, sms, whatsapp
	Direction         string  `json:"direction"` // inbound or outbound
	ProviderMessageID *string `json:"provider_message_id"`
	// DedupeKey is equal for equal callbacks and differs between transitions:
	// an endpoint publishes each once.
	DedupeKey string  `json:"dedupe_key"`
	Recipient *string `json:"recipient"`
	// OccurredAt is nil where the provider sends no time; then the time of
	// receipt stands for it.
	OccurredAt *time.Time `json:"occurred_at"`
	RawStatus  string     `json:"raw_status"` // in the provider's words

	Sender           string   `json:"sender,omitempty"`
	ClientReference  string   `json:"client_reference,omitempty"`   // what the sender gave the provider to send back
	ChannelMessageID string   `json:"channel_message_id,omitempty"` // WhatsApp's own id, where the provider has another
	Bounce           string   `json:"bounce,omitempty"`             // hard: a bad address; soft: given up for another cause
	URL              string   `json:"url,omitempty"`                // of a click
	Machine          *bool    `json:"machine,omitempty"`            // opened by a program
	Error            *Failure `json:"error,omitempty"`
	Message          *Message `json:"message,omitempty"`   // of inbound ones
	TicketID         string   `json:"ticket_id,omitempty"` // of message.created

	// Rank orders the statuses of one message: they come out of order, and the
	// highest is the current one. 0 for what is no status.
	Rank int `json:"-"`

	// What a status says of the email that was sent, where it does.
	sentSubject, sentFrom string
}

// Failure is why a message failed.
type Failure struct {
	Code    *string `json:"code"`
	Message *string `json:"message"`
}

// failure is nil where nothing is known.
func failure(code, message string) *Failure {
	if code == "" && message == "" {
		return nil
	}
	return &Failure{Code: optional(code), Message: optional(message)}
}

// The channels and directions.
const (
	channelEmail    = "email"
	channelSMS      = "sms"
	channelWhatsApp = "whatsapp"

	inbound  = "inbound"
	outbound = "outbound"
)

// The types of events.
const (
	emailSent         = "email.sent"
	emailDelivered    = "email.delivered"
	emailBounced      = "email.bounced"
	emailFailed       = "email.failed"
	emailOpened       = "email.opened"
	emailClicked      = "email.clicked"
	emailComplained   = "email.complained"
	emailUnsubscribed = "email.unsubscribed"

	messageQueued    = "message.queued"
	messageSent      = "message.sent"
	messageDelivered = "message.delivered"
	messageRead      = "message.read"
	messageFailed    = "message.failed"
	messageReceived  = "message.received"
	messageCreated   = "message.created"
)

// rank is how far a status is along the way of a message.
func rank(eventType string) int {
	switch eventType {
	case messageQueued:
		return 1
	case emailSent, messageSent:
		return 2
	case emailFailed, messageFailed: // of one part of a message, where others are delivered
		return 3
	case emailDelivered, messageDelivered:
		return 4
	case emailBounced: // mail can come back after it was taken
		return 5
	case emailOpened, messageRead:
		return 6
	case emailClicked:
		return 7
	case emailUnsubscribed:
		return 8
	case emailComplained:
		return 9
	}
	return 0
}
