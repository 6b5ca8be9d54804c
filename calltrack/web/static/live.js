"use strict";
// News of the list: every few seconds the page asks which of its rows look otherwise by now, and which calls came. Rows
// change where they stand. New ones go in by themselves only while nobody reads there; else a button offers them.

(() => {
  const list = document.getElementById("rows");
  if (!list) return;
  const table = list.closest("table");
  const offer = document.querySelector("[data-came]");
  const live = document.querySelector("[data-live]");
  const words = document.querySelector("[data-live-words]");
  const again = document.querySelector("[data-try-again]");
  const EVERY = 3000, LONGEST = 60000, MOST_ASKED = 100, STILL = 4000;
  const waiting = new Map(); // rows that came and are not shown yet, by call
  let failed = 0; // times in a row
  let timer = 0;
  let asking = false;
  let asksAgain = false;
  let pointed = -STILL; // when the pointer last moved over the list

  const rows = () => [...list.querySelectorAll("tr[data-sid]")];
  const rowOf = (sid) => rows().find((row) => row.dataset.sid === sid);

  // The rows that are nearest to what is on the screen; the others are asked for when they come near.
  function asked() {
    const middle = window.innerHeight / 2;
    const near = rows().map((row) => [Math.abs(row.getBoundingClientRect().top - middle), row]);
    near.sort((a, b) => a[0] - b[0]);
    return near.slice(0, MOST_ASKED).map(([, row]) => `${row.dataset.id}-${row.dataset.version}`).join(".");
  }

  const isCalm = () => window.scrollY <= list.getBoundingClientRect().top + window.scrollY &&
    document.getElementById("beside").hidden && !list.contains(document.activeElement) &&
    !list.querySelector(".pick input:checked") && performance.now() - pointed > STILL;

  function replace(old, row) {
    const focused = old.contains(document.activeElement) && document.activeElement.matches(".pick input") ? ".pick input"
      : old.contains(document.activeElement) ? "[data-open]" : null;
    row.classList.add(...["open", "marked"].filter((name) => old.classList.contains(name)));
    const box = row.querySelector(".pick input");
    if (box) box.checked = Boolean(old.querySelector(".pick input")?.checked);
    const current = old.querySelector("[data-open]").getAttribute("aria-current");
    if (current) row.querySelector("[data-open]").setAttribute("aria-current", current);
    old.replaceWith(row);
    if (focused) row.querySelector(focused)?.focus({ preventScroll: true });
  }

  // In its place by time; one that is older than all that are shown comes with the next page.
  function insert(row) {
    const after = rows().find((one) => Number(one.dataset.at) < Number(row.dataset.at));
    const more = list.querySelector("tr.more");
    if (!after && more) return;
    list.insertBefore(row, after || null);
    row.classList.add("came");
    table.hidden = false;
    document.querySelector("[data-none]")?.remove();
  }

  function count() {
    const shown = document.querySelector("[data-count]");
    const many = rows().length;
    if (shown && shown.textContent !== String(many)) {
      shown.parentElement.firstChild.nextSibling.textContent = ` ${many === 1 ? "call" : "calls"} shown`;
      shown.textContent = many;
    }
    offer.hidden = !waiting.size;
    offer.textContent = waiting.size === 1 ? "1 new call" : `${waiting.size} new calls`;
  }

  function showWaiting() {
    for (const row of waiting.values()) if (!rowOf(row.dataset.sid)) insert(row);
    waiting.clear();
    count();
  }

  function take(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    const found = template.content.querySelector("tbody");
    for (const id of found.dataset.gone.split(".").filter(Boolean)) list.querySelector(`tr[data-id="${id}"]`)?.remove();
    for (const row of found.querySelectorAll("tr[data-sid]")) {
      const old = rowOf(row.dataset.sid);
      if (old) replace(old, row);
      else waiting.set(row.dataset.sid, row);
    }
    if (list.dataset.head) list.dataset.head = found.dataset.head;
    if (waiting.size && isCalm()) showWaiting();
    else count();
    tick();
  }

  function say(text, retry = false) {
    live.hidden = !text;
    live.classList.toggle("not-live", retry);
    if (words.textContent !== text) words.textContent = text;
    again.hidden = !retry;
  }

  async function ask() {
    clearTimeout(timer);
    if (asking) {
      asksAgain = true;
      return;
    }
    asking = true;
    try {
      const address = new URL(list.dataset.news, location.href);
      address.searchParams.set("shown", asked());
      if (list.dataset.head) address.searchParams.set("head", list.dataset.head);
      const answer = await fetch(address, { headers: { "HX-Request": "true" } });
      if (answer.redirected || answer.status === 401 || answer.status === 403) {
        say("Not live: you are no longer signed in. Reload the page.");
        return;
      }
      if (!answer.ok) throw new Error(answer.statusText);
      if (answer.status !== 204) take(await answer.text());
      else if (waiting.size && isCalm()) showWaiting();
      failed = 0;
      say(list.dataset.head ? "Live" : "");
    } catch {
      failed += 1;
      if (failed > 1) say("Not live: the server cannot be reached.", true);
    } finally {
      asking = false;
    }
    if (asksAgain) {
      asksAgain = false;
      await ask();
    } else later();
  }

  function later() {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(ask, Math.min(EVERY * 2 ** failed, LONGEST));
  }

  // How long a call has been ringing or talked, second by second.
  function tick() {
    for (const place of list.querySelectorAll("[data-since]")) {
      const seconds = Math.max(0, Math.floor(Date.now() / 1000 - Number(place.dataset.since)));
      place.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    }
  }

  offer.addEventListener("click", () => {
    showWaiting();
    window.scrollTo({ top: 0 });
    rows()[0]?.querySelector("[data-open]").focus({ preventScroll: true });
  });
  again.addEventListener("click", () => {
    failed = 0;
    ask();
  });
  list.addEventListener("pointermove", () => { pointed = performance.now(); });
  list.addEventListener("htmx:afterSettle", count);
  document.body.addEventListener("htmx:afterSettle", count);
  document.addEventListener("call-changed", ask); // a form of the panel or of the selected calls
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : ask()));
  setInterval(() => document.hidden || tick(), 1000);
  if (list.dataset.head) say("Live");
  tick();
  later();
})();
