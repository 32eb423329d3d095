// Renews what the page shows when the daemon has news. Without it everything can be read, and is renewed by reloading.
"use strict";
(() => {
  const PACE = 1000; // ms: no two renewals closer than this
  const EACH = 30000; // ms: ages are counted anew, and a daemon that is gone is noticed
  const root = document.documentElement;
  let busy = false;
  let again = false;
  let waiting = 0;
  let asked = Date.now();
  let made = Date.now(); // when all of what is shown was made

  function later() {
    if (waiting || document.hidden) return;
    waiting = setTimeout(renew, Math.max(0, asked + PACE - Date.now()));
  }

  async function renew() {
    waiting = 0;
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const answer = await fetch(location.href, { cache: "no-store", redirect: "error", signal: AbortSignal.timeout(20000) });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!answer.ok || !fresh.getElementById("state")) throw new Error("no page");
      swap(fresh);
      gone(false);
    } catch {
      gone(true);
    }
    asked = Date.now();
    busy = false;
    if (again) {
      again = false;
      later();
    }
  }

  // Puts what is new in the place of what is old; what somebody marks is left, and then the clock is not set back.
  function swap(fresh) {
    let whole = true;
    for (const old of document.querySelectorAll("[data-fresh]")) {
      const next = fresh.getElementById(old.id);
      if (!next || old.isEqualNode(next)) continue;
      if (selected(old)) {
        whole = false;
        continue;
      }
      keep(old, next);
      const focus = focused(old);
      const places = [...old.querySelectorAll(".scroll")].map((one) => one.scrollLeft);
      old.replaceWith(document.adoptNode(next));
      next.querySelectorAll(".scroll").forEach((one, n) => (one.scrollLeft = places[n] || 0));
      if (focus) focus(next);
    }
    if (whole) restart(fresh);
  }

  // All that is shown is new: what is green stays so from now on for as long as the server says.
  function restart(fresh) {
    const link = document.getElementById("good-for");
    const next = fresh.getElementById("good-for");
    if (link && next && link.href !== next.href) link.setAttribute("href", next.getAttribute("href"));
    root.dataset.turn = root.dataset.turn === "b" ? "a" : "b";
    root.removeAttribute("data-slept");
    made = Date.now();
  }

  function keep(old, next) {
    for (const one of old.querySelectorAll("details[id]")) {
      const same = next.querySelector("#" + CSS.escape(one.id));
      if (same) same.open = one.open;
    }
  }

  // Where the focus is, as a function that puts it there again.
  function focused(old) {
    const at = document.activeElement;
    if (!at || !old.contains(at)) return null;
    const path = at.id ? "#" + CSS.escape(at.id) : at.matches("a[href]") ? 'a[href="' + CSS.escape(at.getAttribute("href")) + '"]' : at.localName;
    const place = [...old.querySelectorAll(path)].indexOf(at);
    return (next) => {
      const same = next.querySelectorAll(path)[place];
      if (same) same.focus({ preventScroll: true });
    };
  }

  function selected(old) {
    const range = getSelection();
    return Boolean(range && !range.isCollapsed && old.contains(range.anchorNode));
  }

  function gone(yes) {
    const banner = document.querySelector(".gone-banner");
    if (banner) banner.hidden = !yes;
  }

  function isGone() {
    const banner = document.querySelector(".gone-banner");
    return Boolean(banner && !banner.hidden);
  }

  function listen() {
    const news = new EventSource(document.body.dataset.live);
    news.addEventListener("board", later);
    news.addEventListener("error", () => {
      if (!isGone()) later();
      if (news.readyState === EventSource.CLOSED) setTimeout(listen, EACH);
    });
    addEventListener("pagehide", () => news.close(), { once: true });
  }

  // A machine that slept stops the clock of the style sheet; the one on the wall went on.
  function slept() {
    const after = parseFloat(getComputedStyle(root).getPropertyValue("--good-for"));
    if (after && Date.now() - made > after * 1000) root.dataset.slept = "";
  }

  if (document.body.dataset.live) {
    listen();
    setInterval(later, EACH);
    setInterval(slept, 1000);
    document.addEventListener("visibilitychange", later);
    addEventListener("pageshow", (event) => event.persisted && (listen(), later()));
  }
})();
