"use strict";
// Keys: whoever makes a button gives it data-key="c" (several: "c enter") and shows a <kbd>. Pressing the key clicks the
// first that can be seen and used, looked for in an open dialog, then in an open [data-keys-first], then in #panel, then
// in the page (but for #bulk while a call is open beside the list); a field is focused instead. A page's own script may bind what no button does: callKeys.bind("j", next).
// Nothing happens while somebody types, or with Ctrl, Meta or Alt.

window.callKeys = (() => {
  // All keys there are, by where they work; the dialog on ? shows those of the page ([data-keys-of], else "call"). The
  // third of a line is what one must be allowed to do for it, where the page says what one is (data-keys-may).
  const KEYS = {
    list: ["The list", [
      ["J K", "the next call, the one before"],
      ["Enter O", "open the call"],
      ["Esc", "close the call, or what is open"],
      ["S", "select"],
      ["Shift+S", "select from the last selected to here"],
      ["C L X", "with the selected: correct, lead, excused", "label"],
      ["T", "with the selected: tag", "tag"],
      ["U", "undo what was done last", "tag"],
      ["/", "search"],
    ]],
    call: ["A call", [
      ["Space", "play, pause"],
      ["\u2190 \u2192", "5 seconds back, on"],
      ["< >", "slower, faster"],
      ["[ ]", "the part to loop or share starts, ends here"],
      ["C", "correct: it is what the classifier says", "label"],
      ["L", "it is a lead", "label"],
      ["X", "it is excused; then the key of the reason", "label"],
      ["T", "new tag", "tag"],
      ["N", "new note", "tag"],
      ["F", "find in this call"],
      ["U", "undo what was done last", "label"],
    ]],
    review: ["Review", [
      ["J K", "the next call, the one before"],
      ["C Enter", "correct: it is what the classifier says"],
      ["L", "it is a lead"],
      ["X", "it is excused; then the key of the reason, or Enter for none"],
      ["S", "select"],
      ["Shift+S", "select from the last selected to here"],
      ["U", "undo what was done last"],
      ["Space", "play, pause"],
    ]],
    blind: ["Blind sample", [
      ["J K", "the next call, the one before"],
      ["L", "it is a lead"],
      ["X", "it is excused; then the key of the reason, or Enter for none"],
      ["C", "nobody can tell"],
      ["U", "undo what was done last"],
      ["Space", "play, pause"],
    ]],
  };
  const bound = new Map();
  const NAMES = { " ": "space", escape: "esc", arrowleft: "left", arrowright: "right" };
  const named = (key) => NAMES[key.toLowerCase()] || key.toLowerCase();

  function pressed(event) {
    const name = named(event.key);
    return event.shiftKey && /^([a-z]|enter|space|left|right)$/.test(name) ? `shift+${name}` : name;
  }

  function visible(element) {
    if (element.closest("[inert]")) return false;
    return element.checkVisibility ? element.checkVisibility({ visibilityProperty: true }) : element.getClientRects().length > 0;
  }

  function within(place, name) {
    const found = [...place.querySelectorAll("[data-key]")];
    return found.find((one) => one.dataset.key.split(" ").map(named).includes(name) && !one.disabled && visible(one) && !isCovered(one));
  }

  // A key pressed in an open call means that call, never the selected ones under it.
  const isCovered = (element) => document.getElementById("beside")?.hidden === false && Boolean(element.closest("#bulk"));

  // By its summary: the choice itself may be no box of its own (display: contents).
  const isShown = (details) => visible(details.querySelector("summary")) && !isCovered(details);

  // An open dialog keeps the keys to itself; so does a choice of reasons, but for what it does not know.
  function find(name) {
    const dialog = document.querySelector("dialog[open]");
    if (dialog) return within(dialog, name);
    const first = [...document.querySelectorAll("[data-keys-first][open]")].filter(isShown);
    const panel = document.getElementById("panel");
    for (const place of [...first, panel, document]) {
      const element = place && within(place, name);
      if (element) return element;
    }
    return undefined;
  }

  function press(element) {
    if (element.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), select, textarea")) {
      element.focus();
      element.select?.();
    } else element.click();
  }

  function closeChoice() {
    const open = [...document.querySelectorAll("[data-keys-first][open], details.menu[open]")].filter(isShown).pop();
    open?.removeAttribute("open");
    if (open?.contains(document.activeElement)) open.querySelector("summary")?.focus();
    return Boolean(open);
  }

  const TYPING = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), select, textarea, [contenteditable]";

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
    const name = pressed(event);
    const at = event.target instanceof Element ? event.target : document.body;
    if (at.closest(TYPING)) {
      if (name === "esc") at.blur(); // and the keys work again
      return;
    }
    if (at.closest("audio, video")) return;
    // Enter and Space belong to the control that has the focus; a link or a box makes nothing of the other of the two.
    if (name === "enter" && at.closest("a, button, summary")) return;
    if (name === "space" && at.closest("button, summary, input")) return;
    if (document.querySelector("dialog[open]") && name === "esc") return; // the browser closes it
    if (name === "esc" && closeChoice()) return event.preventDefault();
    const element = find(name);
    const own = !element && !document.querySelector("dialog[open]") && bound.get(name);
    if (element) press(element);
    else if (!own || own() === false) return;
    event.preventDefault();
  }

  function help() {
    const words = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
    const dialog = Object.assign(document.createElement("dialog"), { className: "keys card" });
    dialog.setAttribute("aria-label", "Keys");
    dialog.append(words("h2", "Keys"));
    const here = document.querySelector("[data-keys-of]")?.dataset || {};
    const places = here.keysOf || "call";
    const may = (needed) => !needed || here.keysMay === undefined || here.keysMay.split(" ").includes(needed);
    for (const place of places.split(" ")) {
      const [title, keys] = KEYS[place];
      const list = document.createElement("dl");
      for (const [names, what, needed] of [...keys, ...(place === places.split(" ").pop() ? [["?", "these keys"]] : [])]) {
        if (!may(needed)) continue;
        const line = list.appendChild(document.createElement("div"));
        const term = line.appendChild(document.createElement("dt"));
        for (const one of names.split(" ")) term.append(words("kbd", one), " ");
        line.append(words("dd", what));
      }
      dialog.append(...(places.includes(" ") ? [words("h3", title)] : []), list);
    }
    const close = dialog.appendChild(words("button", "Close"));
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => event.target.closest("[data-keys]") && help());
  bound.set("?", help);
  htmx.onLoad((root) => {
    for (const button of root.querySelectorAll("[data-keys]")) button.hidden = false;
  });
  return { bind: (name, does) => bound.set(named(name), does) };
})();
