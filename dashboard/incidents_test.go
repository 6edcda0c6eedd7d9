package dashboard_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"posthorn/activities"
	"posthorn/archive"
	"posthorn/devstack/port"
	"posthorn/hook"
)

// maxImage is how large a picture of the documentation may be, in bytes.
const maxImage = 150 << 10

// keep takes a picture for the documentation. It is written where POSTHORN_IMAGES names a directory: docs/images.
func (w *tab) keep(name string, height int64) {
	w.t.Helper()
	call(w, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 1280, Height: height, DeviceScaleFactor: 1})
	picture, err := chromedp.Run(w.ctx, chromedp.CaptureScreenshot())
	require.NoError(w.t, err)
	pixels, err := png.Decode(bytes.NewReader(picture))
	require.NoError(w.t, err)
	var small bytes.Buffer
	require.NoError(w.t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, reduced(pixels)))
	require.Less(w.t, small.Len(), maxImage, name)
	if dir := os.Getenv("POSTHORN_IMAGES"); dir != "" {
		require.NoError(w.t, os.WriteFile(filepath.Join(dir, name+".png"), small.Bytes(), 0o644))
	}
}

// reduced is a picture in its 256 most frequent colours, or those next to them.
func reduced(from image.Image) *image.Paletted {
	bounds, count := from.Bounds(), map[color.Color]int{}
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			count[from.At(x, y)]++
		}
	}
	colours := slices.SortedFunc(maps.Keys(count), func(a, b color.Color) int { return count[b] - count[a] })
	to := image.NewPaletted(bounds, colours[:min(len(colours), 256)])
	nearest := map[color.Color]uint8{}
	for _, c := range colours {
		nearest[c] = uint8(to.Palette.Index(c))
	}
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			to.SetColorIndex(x, y, nearest[from.At(x, y)])
		}
	}
	return to
}

// The incidents of docs/operators.md, each from its first sign to its end.

func TestInABrowserAReceiverThatWasDownOvernightGetsWhatWasHeld(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.fill(t, s.tenant)
	w := s.open(t, s.signedIn(t, s.tenant, hook.RoleOperator))
	w.visit("/portal/")
	w.sees("1 webhook is disabled")
	w.keep("dashboard-overview", 900)
	w.click(fmt.Sprintf(`tbody a[href$="/webhooks/%s"]`, c.disabled.ID))
	w.sees("Disabled after 3 failures in a row")
	w.keep("incident-receiver-disabled", 760)
	w.visit("/portal/deliveries/" + c.held)
	w.sees("Held, until its webhook is enabled")
	w.visit("/portal/webhooks/" + c.disabled.ID)
	w.click(`form[action$="/enable"] button`)
	w.sees("What was held is on its way")
	got, err := s.api.Webhook(s.as(t), c.disabled.ID)
	require.NoError(t, err)
	require.True(t, got.Active)
	w.sees("Resuming what was held")
}

func TestInABrowserAWrongSecretIsFoundAndWhatItRefusedAdmitted(t *testing.T) {
	t.Parallel()
	s := setup(t)
	e, _ := s.mistrusted(t)
	w := s.open(t, s.signedIn(t, s.tenant, hook.RoleOperator))
	w.visit(endpointsPath + "/" + e.ID)
	w.sees("1 refused request is kept")
	w.click(`a[href*="/refused/"]`)
	w.sees("Why did the signature fail?")
	w.keep("incident-secret-refused", 760)
	refused := eval[string](w, "location.pathname")
	w.click(`form[action$="/readmit"] button`)
	w.sees("It is still refused")
	w.visit(endpointsPath + "/" + e.ID + "/edit")
	w.fill(`[name="config.auth_token"]`, "new-token")
	w.click(".actions .primary")
	w.sees("Saved.")
	w.visit(refused)
	w.click(`form[action$="/readmit"] button`)
	w.sees("Admitted. It goes the way of every message.")
}

func TestInABrowserAnObjectStoreThatIsAwayCostsNothing(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.fill(t, s.tenant)
	free, err := port.Free()
	require.NoError(t, err)
	away, err := archive.Open(archive.Config{
		Endpoint: fmt.Sprintf("http://127.0.0.1:%d", free), AccessKey: "access", SecretKey: "secret-secret", Bucket: "test", Region: "us-east-1",
	})
	require.NoError(t, err)
	for _, message := range c.messages[1:] {
		id, err := hook.ParseID(message)
		require.NoError(t, err)
		_, err = (&activities.Activities{Store: s.store, Archive: away}).Seal(t.Context(), id)
		require.Error(t, err)
	}
	w := s.open(t, s.signedIn(t, s.tenant, hook.RoleAuditor))
	w.visit("/portal/archive")
	w.sees("Its workflow in Temporal")
	w.sees("he object store cannot be reached")
	w.look("archive-faults")
	w.keep("incident-store-away", 820)
	for _, message := range c.messages[1:] {
		s.seal(t, message)
	}
	w.visit("/portal/archive")
	require.NotContains(t, w.text(), "Its workflow in Temporal")
	require.NotContains(t, w.text(), "cannot be reached")
	w.sees("3\narchived")
}
