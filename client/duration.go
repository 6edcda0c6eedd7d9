package client

import (
	"encoding/json"
	"fmt"
	"time"
)

// Duration is a time.Duration as the API writes it: seconds, or a string such
// as "24h". Make one with Duration(24 * time.Hour).
type Duration time.Duration

func (d Duration) String() string { return time.Duration(d).String() }

// MarshalJSON writes it as a string.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads both forms.
func (d *Duration) UnmarshalJSON(raw []byte) error {
	var seconds float64
	if json.Unmarshal(raw, &seconds) == nil {
		*d = Duration(seconds * float64(time.Second))
		return nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return fmt.Errorf("client: a duration is seconds or a string: %w", err)
	}
	parsed, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	*d = Duration(parsed)
	return nil
}
