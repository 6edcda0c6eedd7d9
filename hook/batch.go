package hook

import "time"

// Batch is a request that brought many messages.
type Batch struct {
	ID         ID
	TenantID   ID
	EndpointID ID
	Request    Request
	Raw        []byte   // the body as received
	SHA256     [32]byte // of Raw

	// Once it is in WORM storage; Raw may be gone then.
	Record      BatchRecord
	RetainUntil time.Time
}

// BatchRecord tells the record of a batch from others; zero where there is none
// yet. Its key follows from the batch's ids.
type BatchRecord struct {
	VersionID     string
	RequestSHA256 string // of the request as it is recorded, hex
}

// BatchLine says where a message's bytes are in the decoded body of its batch.
type BatchLine struct {
	ID     ID // of the batch
	Offset int64
	Length int64 // bytes

	Record      BatchRecord
	RetainUntil time.Time // until when the record is locked; zero where there is none
}
