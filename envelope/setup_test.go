package envelope_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"posthorn/hook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// now is the time of every test that does not bring its own.
var now = time.Date(2026, 5, 28, 14, 30, 0, 123_000_000, time.UTC)

var (
	tenantID   = uuid.MustParse("01930000-0000-7000-8000-000000000001")
	eventID    = uuid.MustParse("01930000-0000-7000-8000-000000000002")
	deliveryID = uuid.MustParse("01930000-0000-7000-8000-000000000003")
)

func event(eventType, data string) *hook.Event {
	return &hook.Event{ID: eventID, TenantID: tenantID, Type: eventType, Data: json.RawMessage(data), OccurredAt: now}
}

func keys(secrets ...hook.Secret) []hook.Key {
	list := make([]hook.Key, len(secrets))
	for i, secret := range secrets {
		list[i].Secret = secret
	}
	return list
}
