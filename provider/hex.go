package provider

import (
	"crypto/hmac"
	"encoding/hex"
)

// sameHex compares bytes with their hex, in either case, in constant time.
func sameHex(text string, want []byte) bool {
	got, err := hex.DecodeString(text)
	return err == nil && hmac.Equal(got, want)
}
