package hook

import (
	"crypto/sha256"
	"encoding/hex"
)

// Turn is where a delivery stands among those of its webhook and key, which go
// one after another.
type Turn string

// The turns of a delivery.
const (
	TurnNone  Turn = ""      // it has not asked for its turn, or has ended
	TurnWaits Turn = "waits" // another one is before it
	TurnGoes  Turn = "goes"  // from its first attempt to its end
	TurnHolds Turn = "holds" // it failed, and those behind it wait until it is resent or cancelled
)

// MaxOrderKey is how long the key of an order may be, in bytes. A longer one is
// kept as its hash.
const MaxOrderKey = 256

// OrderKey is the form in which a key is kept.
func OrderKey(key string) string {
	if len(key) <= MaxOrderKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// OrderError is an event whose place in the order could not be told: it went
// in order with others like it.
type OrderError = FilterError
