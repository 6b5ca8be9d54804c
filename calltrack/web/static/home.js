"use strict";
// A page that stays right while it is left open: [data-fresh] is asked for anew each minute that it is looked at. Nothing
// jumps: what has not changed is left as it is, what is being filled in waits, and the row at the top of the window stays.

(() => {
  const MINUTE = 60_000;
  const TOKEN = /name="csrf_token" value="[^"]*"/g;
  const DEEDS = ".todo summary, .todo button";

  function keepFresh(box) {
    let asked = Date.now();
    let was = null;
    let place = null;
    let focused = -1;
    const busy = () => box.querySelector("details[open], input:focus, select:focus, textarea:focus");

    function ask() {
      if (document.hidden || busy() || Date.now() - asked < MINUTE) return;
      htmx.trigger(box, "refresh");
    }

    box.addEventListener("htmx:beforeRequest", (event) => {
      if (event.target === box) asked = Date.now();
    });
    box.addEventListener("htmx:beforeSwap", (event) => {
      if (event.detail.target !== box) return;
      const now = event.detail.serverResponse.replace(TOKEN, "");
      if (now === was) {
        event.detail.shouldSwap = false;
        return;
      }
      was = now;
      const row = [...box.querySelectorAll("li[id]")].find((one) => one.getBoundingClientRect().bottom > 0);
      place = row && { id: row.id, top: row.getBoundingClientRect().top };
      const open = document.activeElement.closest?.("details.task-menu");
      focused = box.contains(document.activeElement) ? [...box.querySelectorAll(DEEDS)].indexOf(open ? open.querySelector("summary") : document.activeElement) : -1;
    });
    box.addEventListener("htmx:afterSwap", (event) => {
      if (event.detail.target !== box) return;
      const row = place && document.getElementById(place.id);
      if (row) window.scrollBy(0, row.getBoundingClientRect().top - place.top);
      // Whoever works through a list by keyboard goes on with the row that took the place of the one that is done.
      const deeds = box.querySelectorAll(DEEDS);
      if (focused >= 0 && !box.contains(document.activeElement)) {
        (deeds[Math.min(focused, deeds.length - 1)] || document.getElementById("main")).focus({ preventScroll: true });
      }
    });

    setInterval(ask, MINUTE / 4);
    document.addEventListener("visibilitychange", ask);
  }

  htmx.onLoad((root) => {
    for (const box of [root, ...root.querySelectorAll("[data-fresh]")]) {
      if (!box.matches("[data-fresh]") || box.dataset.started) continue;
      box.dataset.started = "yes";
      keepFresh(box);
    }
  });
})();
