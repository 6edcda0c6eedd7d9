package dashboard_test

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

// moved is how much of a page moved since it was first seen (cumulative layout
// shift, https://web.dev/articles/cls), and what did.
const moved = `new Promise((resolve) => {
  let sum = 0, what = [];
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) {
      sum += shift.value;
      what.push(...shift.sources.map((s) => s.node?.outerHTML?.slice(0, 100) ?? String(s.node?.textContent)));
    }
  }).observe({type: "layout-shift", buffered: true});
  setTimeout(() => resolve({sum, what}), 150);
})`

// lateScript is how long after the page its script comes: it is painted by then.
const lateScript = 150 * time.Millisecond

// delay lets the script of pages come late.
func (w *tab) delay() {
	w.t.Helper()
	paused := chromedp.Events(w.ctx, fetch.RequestPaused)
	call(w, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	call(w, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*/assets/app.*.js"}}})
	go func() {
		for event, err := range paused {
			if err != nil {
				return
			}
			select {
			case <-w.ctx.Done():
				return
			case <-time.After(lateScript):
			}
			_, _ = chromedp.Call(w.ctx, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: event.RequestID})
		}
	}()
}

func TestInABrowserNothingMovesAfterAPageIsSeen(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.fill(t, s.tenant)
	callbacks, _ := s.mistrusted(t)
	w := s.open(t, s.signedIn(t, s.tenant, hook.RoleAdmin))
	w.delay()
	for _, size := range sizes[:2] {
		w.resize(size.width, size.height)
		for _, path := range []string{
			"/", "/messages", "/messages/" + c.messages[0], "/events", "/events/" + c.event.ID, "/webhooks", "/webhooks/new", "/webhooks/" + c.failing.ID,
			"/deliveries", "/deliveries/" + c.failed, "/archive", "/settings", "/settings/webhooks/endpoints", "/settings/webhooks/endpoints/new",
			"/settings/webhooks/endpoints/" + c.endpoint.ID, "/settings/webhooks/endpoints/" + callbacks.ID, "/settings/members", "/settings/keys", "/account",
			"/settings/retention", "/settings/webhooks/event-types", "/webhooks/" + c.failing.ID + "/edit", "/webhooks/" + c.failing.ID + "/recover?since=2026-01-01T00:00",
			"/settings/webhooks/endpoints/" + c.endpoint.ID + "/mapping", "/settings/webhooks/providers/ses",
		} {
			w.visit("/portal" + path)
			got := eval[struct {
				Sum  float64
				What []string
			}](w, moved, chromedp.EvalAwaitPromise, chromedp.EvalAsValue)
			require.Zero(t, got.Sum, "%s (%s): %q", path, size.name, got.What)
		}
	}
}

func TestInABrowserAFormShowsTheFieldsOfWhatIsChosen(t *testing.T) {
	t.Parallel()
	s := setup(t)
	w := s.open(t, s.signedIn(t, s.tenant, hook.RoleOperator))
	w.visit("/portal/settings/webhooks/endpoints/new")
	w.until(`!document.querySelector("[name=header]").checkVisibility()`)
	eval[bool](w, `document.querySelector("[name=auth]").value = "hmac"; true`)
	w.until(`document.querySelector("[name=header]").checkVisibility()`)
}
