package hook

// KeptKind says why a refused request is kept.
type KeptKind string

// The kinds, each with limits of its own.
const (
	// KeptPayload was authentic, and refused for what its body holds.
	KeptPayload KeptKind = "payload"
	// KeptUnverified could not be shown to be authentic: anybody may have sent it.
	KeptUnverified KeptKind = "unverified"
)

// MaxSize is the largest body of a request that is kept, in bytes.
func (k KeptKind) MaxSize() int {
	if k == KeptUnverified {
		return 256 << 10
	}
	return 1 << 20
}

// Kept is a request that was refused and may be admitted later: all that its
// endpoint needs to receive it once more.
type Kept struct {
	Kind    KeptKind `json:"-"`
	Request Request  `json:"request"`
	Verdict Verdict  `json:"verdict"` // the zero Verdict where it is unverified
	Raw     []byte   `json:"raw"`     // the body as received
	// Came is what Request does not show and a check needs: of callbacks that
	// could not be verified.
	Came *Came `json:"came,omitempty"`
}

// Came is the part of a request that may hold credentials. It is never shown.
type Came struct {
	Target string              `json:"target"`
	Header map[string][]string `json:"header"`
}
