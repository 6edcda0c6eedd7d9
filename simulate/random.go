package simulate

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it cannot fail: crypto/rand
	return b
}

// hexText is n random bytes in hex.
func hexText(n int) string { return hex.EncodeToString(random(n)) }

// base64Text is n random bytes in base64url, without padding.
func base64Text(n int) string { return base64.RawURLEncoding.EncodeToString(random(n)) }

// uuid is a random one (RFC 9562, version 4).
func uuid() string {
	b := random(16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// digits is a random number of n digits that does not begin with 0.
func digits(n int) string {
	b := random(n)
	for i := range b {
		b[i] = '0' + b[i]%10
	}
	if b[0] == '0' {
		b[0] = '1'
	}
	return string(b)
}
