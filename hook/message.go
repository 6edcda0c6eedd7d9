package hook

import (
	"encoding/json"
	"time"
)

// MessageStatus says how far a message has come.
type MessageStatus string

// A message is accepted once it is durable, archived once it is in WORM.
const (
	MessageAccepted MessageStatus = "accepted"
	MessageArchived MessageStatus = "archived"
)

// Party is one side of a message.
type Party struct {
	Identifier  string `json:"identifier"`
	DisplayName string `json:"display_name,omitempty"`
}

// Payload is what a producer sent, normalised.
type Payload struct {
	ExternalID  string
	OccurredAt  time.Time
	From        Party
	To          []Party
	Body        string
	Attachments []Attachment
	// Fields is a JSON object of every additional field, each value as it came.
	Fields json.RawMessage
	// Direction is the additional field of that name where it is a string.
	Direction string
}

// EventType is the type of the event that the message becomes.
func (p *Payload) EventType() string {
	if p.Direction == "outbound" {
		return "message.sent"
	}
	return "message.received"
}

// Attachment is a file of a message: given inline or by URL.
type Attachment struct {
	Filename    string
	ContentType string
	Content     []byte // inline ones only, decoded
	URL         string // where it is fetched from; "" for inline ones
	WantSHA256  string // lower-case hex that the producer promised for the URL, or ""

	// What became of it, once it is stored or has failed for good.
	Size   int64 // bytes
	SHA256 string
	Object Object
	Failed string // the reason, "" if it did not fail
}

// Stored reports whether nothing remains to be done for the attachment.
func (a *Attachment) Stored() bool { return a.Object.Key != "" || a.Failed != "" }

// Object is a place in WORM storage.
type Object struct {
	Key       string
	VersionID string
}

// Location is where a record lies in WORM storage: Length bytes from Offset of
// one version of one object.
type Location struct {
	Object
	Offset int64
	Length int64
}

// Request is an HTTP request as received, its credentials already replaced.
type Request struct {
	Method string      `json:"method"`
	Target string      `json:"target"` // as in the request line
	Proto  string      `json:"proto"`  // for instance HTTP/1.1
	Host   string      `json:"host"`
	Header [][2]string `json:"header"` // name and value, sorted by name
	Remote string      `json:"remote"` // the client's address
}

// Message is what an endpoint received.
type Message struct {
	ID         ID
	TenantID   ID
	EndpointID ID
	Number     int64 // within its endpoint, from 1, without holes; 0 until sealed
	Status     MessageStatus
	Run        int // of the workflow that archives it
	Dispatch   ID  // the run that archived it with others; zero: a workflow of its own
	ReceivedAt time.Time
	Payload    Payload
	Request    Request
	Origin     Origin
	Nonce      *Nonce   // nil: the message is told from others by its external id
	Mapping    *Mapping // that was in force; nil: the body is a message as it is
	Raw        []byte   // the body as received
	SHA256     [32]byte // of Raw
	Verdict    Verdict
	Retention  time.Duration
	Batch      BatchLine // zero: the request brought this message alone
	Segment    ID        // in which it lies, or is to lie, with others; zero: an object of its own, or not settled
	Segmented  bool      // its endpoint has segments

	Location    Location
	RetainUntil time.Time
	ArchivedAt  time.Time
}

// Origin says whose callback a message is, and what its reading depends on
// beside the request. The zero Origin is that of a producer's own message.
type Origin struct {
	Provider        string `json:"provider,omitempty"`
	TicketAddress   string `json:"ticket_address,omitempty"`
	TicketReference string `json:"ticket_reference,omitempty"`
}

// Nonce tells a callback from others of its endpoint: what comes again under
// the same Key, and not later than Until, is a duplicate. With another Digest it
// is not the same callback.
type Nonce struct {
	Key    string
	Digest [32]byte
	Until  time.Time // zero: for as long as anything is remembered
}

// Verdict says how a request was found authentic.
type Verdict struct {
	Scheme string `json:"scheme"` // bearer, hmac, or a provider's
	Key    int    `json:"key"`    // which of the active secrets: 0 the newest
}

// Content is what was made of a message's body, as it is stored and shown.
type Content struct {
	From   Party           `json:"from"`
	To     []Party         `json:"to"`
	Body   string          `json:"body"`
	Fields json.RawMessage `json:"fields"`
}
