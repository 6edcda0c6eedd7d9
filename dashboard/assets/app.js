// What pages gain by a script; each works without it.
"use strict";

// Times as the reader's clock shows them, in the width that they had.
function localTimes(root) {
  const two = (n) => String(n).padStart(2, "0");
  for (const el of root.querySelectorAll("time[datetime]")) {
    const t = new Date(el.dateTime);
    if (isNaN(t)) continue;
    el.textContent = `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ` +
      `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
  }
}

// Buttons that copy what stands in them; without a script they stay hidden.
function copyButtons(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }
}

// Forms that cannot be undone ask once more.
function confirmations(root) {
  for (const form of root.querySelectorAll("form[data-confirm]")) {
    form.addEventListener("submit", (event) => {
      if (!window.confirm(form.dataset.confirm)) event.preventDefault();
    });
  }
}

// A part of the page that is fetched anew while something goes on. It stays as
// it is while somebody works in it.
function refreshing() {
  const part = document.querySelector("[data-refresh]");
  if (!part) return;
  const seconds = Number(part.dataset.refresh);
  if (!seconds) return;
  setTimeout(async () => {
    const busy = part.contains(document.activeElement) || part.querySelector("details[open]") ||
      String(window.getSelection()) !== "";
    if (!document.hidden && !busy) {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html", ...(window.top !== window && { "X-Framed": "1" }) } });
        if (answer.status === 401 || answer.redirected) { location.reload(); return; } // the session has ended
        const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-refresh]");
        if (answer.ok && next) {
          part.replaceWith(next);
          dress(next);
        }
      } catch { /* the next time */ }
    }
    refreshing();
  }, seconds * 1000);
}

function dress(root) {
  localTimes(root);
  copyButtons(root);
  confirmations(root);
}

// On wide screens the menu is always open, on narrow ones by hand.
const menu = document.querySelector("[data-menu]");
const wide = window.matchMedia("(min-width: 900px)");
const unfold = () => { if (menu) menu.open = wide.matches; };
wide.addEventListener("change", unfold);
unfold();
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) return;
  const box = document.querySelector("[data-search]");
  if (box) { event.preventDefault(); box.focus(); }
});

// What a page opened with is said once.
const here = new URL(location.href);
if (here.searchParams.has("done")) {
  here.searchParams.delete("done");
  history.replaceState(null, "", here);
}
dress(document);
refreshing();
