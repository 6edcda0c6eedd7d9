package dashboard_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

// focused tells what has the focus, and what keeps it from being seen.
const focused = `(() => {
  const el = document.activeElement, box = el.getBoundingClientRect(), style = getComputedStyle(el);
  const name = el.outerHTML.slice(0, 120);
  if (el === document.body) return {name, wrong: "nothing has it"};
  if (!el.matches(":focus-visible")) return {name, wrong: "it is not marked"};
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return {name, wrong: "it has no outline"};
  if (box.width < 1 || box.height < 1 || box.bottom <= 0 || box.right <= 0 || box.top >= innerHeight || box.left >= innerWidth)
    return {name, wrong: "it is off the screen"};
  const inside = (low, high, most) => (Math.max(low, 0) + Math.min(high, most)) / 2;
  const top = document.elementFromPoint(inside(box.left, box.right, innerWidth), inside(box.top, box.bottom, innerHeight));
  if (!top || !(el.contains(top) || top.contains(el))) return {name, wrong: "something covers it"};
  return {name, wrong: ""};
})()`

func (w *tab) resize(width, height int64) {
	w.t.Helper()
	call(w, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 500,
	})
}

// press types keys where the focus is.
func (w *tab) press(keys string) {
	w.t.Helper()
	w.do(chromedp.KeyEvent(keys))
}

// tabTo presses Tab until an element has the focus.
func (w *tab) tabTo(selector string) {
	w.t.Helper()
	for range 150 {
		w.press(kb.Tab)
		at := eval[struct{ Name, Wrong string }](w, focused)
		require.Empty(w.t, at.Wrong, "the focus cannot be seen on %s", at.Name)
		if eval[bool](w, fmt.Sprintf("document.activeElement.matches(%q)", selector)) {
			return
		}
	}
	require.Fail(w.t, "Tab does not lead there", selector)
}

// enter presses Enter, and waits for the page that it opens.
func (w *tab) enter() {
	w.t.Helper()
	eval[bool](w, "window.before = true")
	w.press(kb.Enter)
	w.until(`!window.before && document.readyState === "complete" && !!document.querySelector("main")`)
}

// skip goes by the first link of a page to its content.
func (w *tab) skip() {
	w.t.Helper()
	w.tabTo(".skip")
	w.press(kb.Enter)
	w.until(`document.activeElement.id === "main"`)
	w.press(kb.Tab)
	require.True(w.t, eval[bool](w, `document.querySelector("main").contains(document.activeElement)`), "the next stop is in the content")
}

func TestByKeyboardAloneSomebodySignsInAndMakesAWebhook(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.orders(t)
	s.addUser(t, s.tenant, "ann@example.com", hook.RoleOperator)
	w := s.open(t, nil)
	w.resize(1280, 900)
	w.visit("/portal/")
	w.skip()
	require.True(t, eval[bool](w, `document.activeElement.name === "email"`))
	w.press("ann@example.com")
	w.tabTo("[name=password]")
	w.press(password)
	w.enter()
	w.sees("Overview")
	w.tabTo(`nav a[href="/portal/webhooks"]`)
	w.enter()
	w.skip()
	w.enter()
	w.sees("Endpoint URL")
	w.skip()
	w.tabTo("[name=url]")
	w.press("https://example.com/hooks")
	w.tabTo(`[name=events][value="message.received"]`)
	w.press(" ")
	w.tabTo("[name=patterns]")
	w.press("order")
	w.tabTo("[name=filter]")
	w.press("data.n > 2")
	w.tabTo("[value=try]")
	w.enter()
	w.sees("On recent events")
	w.tabTo("#tried summary")
	w.press(kb.Enter)
	w.until(`document.querySelector("#tried details").open`)
	w.visit("/portal/webhooks/new")
	w.tabTo("[name=patterns]")
	w.press("order")
	w.tabTo("[name=timeout]")
	w.press("5")
	w.do(chromedp.Focus(chromedp.CSS("[name=url]")))
	w.press("https://example.com/hooks")
	w.enter()
	w.sees("Copy its secret now")
	w.tabTo(".copy")

	w.resize(360, 780)
	w.visit("/portal/")
	w.tabTo(".menu summary")
	w.press(kb.Enter)
	w.until(`document.querySelector(".menu").open`)
	w.tabTo(`nav a[href="/portal/webhooks"]`)
	w.enter()
	w.sees("example.com")
}
