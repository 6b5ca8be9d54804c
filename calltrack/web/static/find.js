"use strict";
// Finding words in the transcript of one call, as they are typed; and those that the list was searched for (?q=).
// Hits are highlighted without touching the page, which browsers know as the Custom Highlight API.

(() => {
  const names = ["found", "found-now"];
  const lists = CSS.highlights && names.map((name) => {
    const list = new Highlight();
    CSS.highlights.set(name, list);
    return list;
  });

  // Every place where one of the terms stands in an element's text, also across the pieces it is marked in.
  function hitsIn(element, terms) {
    const nodes = [];
    const walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    let text = "";
    while (walk.nextNode()) { nodes.push([walk.currentNode, text.length]); text += walk.currentNode.data; }
    const folded = text.toLowerCase();
    const spot = (place, last) => {
      const [node, begin] = nodes.findLast(([, from]) => (last ? from < place : from <= place));
      return [node, place - begin];
    };
    const found = [];
    for (const term of terms) {
      for (let at = folded.indexOf(term); at >= 0; at = folded.indexOf(term, at + term.length)) {
        const range = document.createRange();
        range.setStart(...spot(at, false));
        range.setEnd(...spot(at + term.length, true));
        found.push(range);
      }
    }
    return found.sort((a, b) => a.compareBoundaryPoints(Range.START_TO_START, b));
  }

  // What the list was searched for: words, or phrases in quotation marks; what is to be absent is not looked for.
  function asked() {
    const query = new URLSearchParams(location.search).get("q") || "";
    return [...query.matchAll(/(-?)(?:"([^"]+)"|(\S+))/g)]
      .filter(([, minus]) => !minus)
      .map(([, , phrase, word]) => (phrase || word).toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, ""))
      .filter((term) => term && term !== "or" && term !== "and");
  }

  function startFinding(form) {
    if (form.dataset.alive) return;
    form.dataset.alive = "1";
    const field = form.querySelector("input");
    const words = form.querySelector("[data-found]");
    const steps = [...form.querySelectorAll("[data-to]")];
    const turns = form.parentElement.querySelector(".turns");
    let hits = [];
    let place = -1;

    function look(terms) {
      hits = terms.length ? [...turns.querySelectorAll(".turn p")].flatMap((said) => hitsIn(said, terms)) : [];
      place = hits.length ? 0 : -1;
      if (lists) { lists.forEach((list) => list.clear()); hits.forEach((hit) => lists[0].add(hit)); }
      steps.forEach((step) => { step.disabled = hits.length < 2; });
      show(terms.length > 0);
    }

    function show(looked = true) {
      words.textContent = hits.length ? `${place + 1} of ${hits.length}` : looked ? "Not said" : "";
      turns.querySelector(".found-turn")?.classList.remove("found-turn");
      if (!hits.length) return;
      if (lists) { lists[1].clear(); lists[1].add(hits[place]); }
      const turn = hits[place].startContainer.parentElement.closest(".turn");
      turn.classList.add("found-turn");
      turns.scrollTo({ top: turn.offsetTop - turns.offsetTop - turns.clientHeight / 3 });
    }

    function step(by) {
      if (!hits.length) return;
      place = (place + by + hits.length) % hits.length;
      show();
    }

    const typed = () => look(field.value.trim() ? [field.value.trim().toLowerCase().replace(/\s+/g, " ")] : []);
    field.addEventListener("input", typed);
    form.addEventListener("submit", (event) => event.preventDefault());
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") { event.preventDefault(); step(event.shiftKey ? -1 : 1); }
    });
    steps.forEach((button) => button.addEventListener("click", () => step(Number(button.dataset.to))));
    const terms = asked();
    if (terms.length && hitsIn(turns, terms).length) {
      field.value = terms.join(" ");
      look(terms);
    }
  }

  const start = (root) => root.querySelectorAll("[data-find]").forEach(startFinding);
  if (window.htmx) window.htmx.onLoad(start);
  else start(document);
})();
