package dashboard_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// chromium finds a browser, or skips: with POSTHORN_CI set it fails.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("POSTHORN_CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	const how = "no Chromium: apt-get install chromium, or set POSTHORN_CHROMIUM to one"
	require.Empty(t, os.Getenv("POSTHORN_CI"), how)
	t.Skip(how)
	return ""
}

// axe is axe-core, which finds what keeps people out of a page.
//
//go:embed testdata/axe/axe.min.js
var axe string

// tab is a page of a real browser.
type tab struct {
	t    *testing.T
	ctx  context.Context
	site *site
}

const tabPatience = 6 * time.Minute

// open starts a browser with a session, or with none.
func (s *site) open(t *testing.T, b *browser) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.NoSandbox,
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("ignore-certificate-errors", true))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	w := &tab{t: t, ctx: ctx, site: s}
	w.do(chromedp.Navigate("about:blank"))
	w.ctx, cancel = context.WithTimeout(ctx, tabPatience)
	t.Cleanup(cancel)
	call(w, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Europe/Berlin"})
	if b != nil {
		call(w, network.SetCookie, network.SetCookieParams{Name: b.cookie.Name, Value: b.cookie.Value, URL: s.url})
	}
	dialogs := chromedp.Events(w.ctx, page.JavascriptDialogOpening)
	go func() {
		for _, err := range dialogs {
			if err != nil {
				return
			}
			_, _ = chromedp.Call(w.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
		}
	}()
	return w
}

func (w *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	require.NoError(w.t, chromedp.Do(w.ctx, steps...))
}

func call[P, R any](w *tab, command cdp.Command[P, R], params P) {
	w.t.Helper()
	_, err := chromedp.Call(w.ctx, command, params)
	require.NoError(w.t, err)
}

// eval is the value of an expression in the page.
func eval[T any](w *tab, expression string, options ...chromedp.EvaluateOption) T {
	w.t.Helper()
	value, err := chromedp.Run(w.ctx, chromedp.Evaluate[T](expression, options...))
	require.NoError(w.t, err)
	return value
}

// until waits for an expression to hold in whatever page there is by then.
func (w *tab) until(expression string) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		holds, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool](expression))
		return err == nil && holds
	}, 30*time.Second, 20*time.Millisecond, "%s does not become true", expression)
}

func (w *tab) visit(path string) {
	w.t.Helper()
	w.do(chromedp.Navigate(w.site.url + path))
}

// click follows what is clicked to the page that it opens.
func (w *tab) click(selector string) {
	w.t.Helper()
	eval[bool](w, "window.before = true")
	w.do(chromedp.Click(chromedp.CSS(selector)))
	w.until(`!window.before && document.readyState === "complete" && !!document.querySelector("main")`)
}

// tick clicks what stays on its page.
func (w *tab) tick(selector string) {
	w.t.Helper()
	w.do(chromedp.Click(chromedp.CSS(selector)))
}

func (w *tab) fill(selector, text string) {
	w.t.Helper()
	eval[bool](w, fmt.Sprintf(`document.querySelector(%q).value = ""; true`, selector))
	w.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

func (w *tab) text() string {
	w.t.Helper()
	return eval[string](w, `document.querySelector("main").innerText`)
}

// sees waits for a text.
func (w *tab) sees(text string) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		found, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool](fmt.Sprintf("document.body.innerText.includes(%q)", text)))
		return err == nil && found
	}, 30*time.Second, 20*time.Millisecond, "%q is not shown", text)
}

// sizes of the screens that pages are looked at on.
var sizes = []struct {
	name          string
	width, height int64
	dark          bool
}{{"desktop", 1280, 900, false}, {"phone", 360, 780, false}, {"dark", 1280, 900, true}, {"wide", 1920, 1080, false}}

// look takes a page's pictures and holds it to WCAG on every size. Pictures are
// kept where POSTHORN_SCREENSHOTS names a directory.
func (w *tab) look(name string) {
	w.t.Helper()
	for _, size := range sizes {
		scheme := "light"
		if size.dark {
			scheme = "dark"
		}
		w.resize(size.width, size.height)
		call(w, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		picture, err := chromedp.Run(w.ctx, chromedp.FullScreenshot(100))
		require.NoError(w.t, err)
		overflow := eval[int64](w, "document.documentElement.scrollWidth") > size.width
		eval[bool](w, axe+"; true")
		found := eval[[]violation](w, `axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(r => r.violations)`,
			chromedp.EvalAwaitPromise, chromedp.EvalAsValue)
		if dir := os.Getenv("POSTHORN_SCREENSHOTS"); dir != "" {
			require.NoError(w.t, os.MkdirAll(dir, 0o755))
			require.NoError(w.t, os.WriteFile(filepath.Join(dir, name+"-"+size.name+".png"), picture, 0o644))
		}
		require.False(w.t, overflow, "%s is wider than the screen (%s)", name, size.name)
		if len(found) > 0 {
			report, _ := json.MarshalIndent(found, "", "  ")
			require.Empty(w.t, found, "%s (%s): %s", name, size.name, report)
		}
	}
	w.resize(1280, 900)
}

// snap keeps a picture of whatever is shown, where POSTHORN_SCREENSHOTS names a
// directory.
func (w *tab) snap(name string) {
	w.t.Helper()
	picture, err := chromedp.Run(w.ctx, chromedp.FullScreenshot(100))
	require.NoError(w.t, err)
	if dir := os.Getenv("POSTHORN_SCREENSHOTS"); dir != "" {
		require.NoError(w.t, os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644))
	}
}

// violation is what axe found.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}
