"use strict";
// The player of a call: a waveform to click and drag on, speeds, silence that is skipped, a part that is looped, and a
// transcript that follows. It plays on while the panel around it is replaced (hx-preserve keeps its element). Without the
// library for waveforms the drawing of the server takes the clicks; without any script the browser's own controls do.

(() => {
  const SILENT = 2; // of 100: what a telephone line makes of nobody speaking
  const LONG_SILENCE = 2; // seconds
  const LEFT = 0.25; // seconds of a silence that are heard at either end, so that a pause stays a pause
  const HANDS_OFF = 5000; // milliseconds for which a reader who scrolled is left alone
  const players = new Map(); // by element

  const clock = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    const rest = String(whole % 60).padStart(2, "0");
    const minutes = Math.floor(whole / 60);
    return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
  };
  const exact = (seconds) => {
    const tenths = Math.round((seconds - Math.floor(seconds)) * 10) % 10;
    return clock(seconds + 0.05) + (tenths ? `.${tenths}` : "");
  };
  const read = (written) => {
    if (!/^[\d:.,]+$/.test(written)) return NaN;
    return written.split(":").reduce((sum, part) => sum * 60 + Number(part.replace(",", ".") || NaN), 0);
  };
  const keep = (name, value) => { try { localStorage.setItem(`player.${name}`, value); } catch { /* then not */ } };
  const kept = (name) => { try { return localStorage.getItem(`player.${name}`); } catch { return null; } };

  // Stretches of [from, to] seconds in which no channel is heard, long enough to be worth a jump.
  function silences(peaks, seconds) {
    const found = [];
    const count = peaks[0].length;
    const each = seconds / count;
    for (let place = 0, since = null; place <= count; place += 1) {
      const quiet = place < count && peaks.every((channel) => channel[place] <= SILENT);
      if (quiet && since === null) since = place;
      if (!quiet && since !== null) {
        if ((place - since) * each >= LONG_SILENCE) found.push([since * each + LEFT, place * each - LEFT]);
        since = null;
      }
    }
    return found;
  }

  function startPlayer(box) {
    if (players.has(box)) return;
    const audio = box.querySelector("audio");
    const wave = box.querySelector(".wave");
    const drawing = wave?.querySelector("svg");
    const does = (name) => box.querySelector(`[data-do="${name}"]`);
    const peaks = box.dataset.peaks ? JSON.parse(box.dataset.peaks) : null;
    const length = () => (Number.isFinite(audio.duration) ? audio.duration : Number(box.dataset.seconds) || 0);
    let quiet = [];
    const around = () => box.closest(".call, .item") || document; // what belongs to the same call
    let surfer = null;
    let regions = null;
    let part = null; // {start, end} in seconds
    let partRegion = null;
    let pins = [];
    let turns = [];
    let stopMarking = null;
    let readerScrolled = -HANDS_OFF;
    let frame = 0, wanted = 0; // where to begin, chosen before anything was fetched

    audio.preservesPitch = true;

    function jump(seconds, play = true) {
      audio.currentTime = wanted = Math.min(Math.max(seconds, 0), length() || seconds);
      readerScrolled = -HANDS_OFF;
      if (play) audio.play().catch(() => {});
      show();
    }

    function toggle() {
      if (audio.paused) audio.play().catch(() => {}); else audio.pause();
    }

    // What follows the place that is heard.

    function show() {
      const at = audio.currentTime;
      box.querySelector("[data-at]").textContent = clock(at);
      if (drawing && length()) {
        const x = (at / length()) * drawing.viewBox.baseVal.width;
        for (const end of ["x1", "x2"]) drawing.querySelector(".place").setAttribute(end, x);
      }
      if (surfer) {
        const slider = wave.querySelector(".waveform");
        slider.setAttribute("aria-valuenow", Math.floor(at));
        slider.setAttribute("aria-valuetext", `${clock(at)} of ${clock(length())}`);
      }
      for (const pin of around().querySelectorAll("[data-pin]:not(:checked)")) {
        pin.value = at.toFixed(2);
        pin.parentElement.querySelector("span").textContent = clock(at);
      }
      const heard = at > 0 ? turns.filter((turn) => Number(turn.dataset.start) <= at + 0.05).pop() : null;
      for (const turn of turns) {
        const now = turn === heard;
        if (now === turn.classList.contains("now")) continue;
        turn.classList.toggle("now", now);
        if (now) { turn.setAttribute("aria-current", "true"); reveal(turn); } else turn.removeAttribute("aria-current");
      }
    }

    // Inside the transcript's own box only: the page itself stands still.
    function reveal(turn) {
      const list = turn.parentElement;
      if (performance.now() - readerScrolled < HANDS_OFF || list.scrollHeight <= list.clientHeight) return;
      const top = turn.offsetTop - list.offsetTop;
      if (top >= list.scrollTop && top + turn.offsetHeight <= list.scrollTop + list.clientHeight * 0.8) return;
      list.scrollTo({ top: top - list.clientHeight / 3, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    }

    function tick() {
      frame = 0;
      if (audio.paused || !box.isConnected) return;
      const at = audio.currentTime;
      if (part && pressed("loop") && at >= part.end) audio.currentTime = part.start;
      else if (pressed("silence")) {
        const here = quiet.find(([from, to]) => at >= from && at < to - LEFT);
        if (here) audio.currentTime = here[1];
      }
      frame = requestAnimationFrame(tick);
    }

    // Buttons.

    const pressed = (name) => does(name).getAttribute("aria-pressed") === "true";
    const press = (name, on) => does(name).setAttribute("aria-pressed", String(on));

    function setSpeed(speed) {
      audio.defaultPlaybackRate = audio.playbackRate = speed;
      const buttons = [...box.querySelectorAll("[data-speed]")];
      const chosen = buttons.findIndex((one) => Number(one.dataset.speed) === speed);
      buttons.forEach((one, place) => {
        one.setAttribute("aria-pressed", String(place === chosen));
        if (Math.abs(place - chosen) === 1) one.dataset.key = place < chosen ? "<" : ">"; else delete one.dataset.key;
      });
    }

    // A part between two moments; what it was is replaced.
    function setPart(start, end, { tell = true } = {}) {
      const most = length();
      const from = Math.min(Math.max(start, 0), most);
      const to = Math.min(Math.max(end, 0), most);
      part = from < to ? { start: from, end: to } : null;
      does("loop").disabled = does("clear").disabled = !part;
      box.querySelector("[data-part-words]").textContent = part ? `${clock(part.start)} to ${clock(part.end)}` : "";
      if (!part) press("loop", false);
      if (regions) {
        if (!part) { partRegion?.remove(); partRegion = null; }
        else if (partRegion) partRegion.setOptions({ start: part.start, end: part.end });
        else partRegion = regions.addRegion({ start: part.start, end: part.end, color: colour("--part"), id: "part" });
      }
      if (tell) tellForm();
    }

    function tellForm() {
      for (const field of around().querySelectorAll("[data-part]")) {
        field.value = part ? exact(part[field.dataset.part]) : field.defaultValue;
      }
    }

    function mark(on) {
      press("mark", on);
      if (on) around().querySelector("details#share")?.setAttribute("open", "");
      surfer?.setOptions({ dragToSeek: !on });
      stopMarking?.();
      stopMarking = on && regions ? regions.enableDragSelection({ color: colour("--part"), id: "part" }) : null;
      wave?.classList.toggle("marking", on);
    }

    const deeds = {
      play: toggle,
      back: () => jump(audio.currentTime - 5, !audio.paused),
      on: () => jump(audio.currentTime + 5, !audio.paused),
      silence: () => { press("silence", !pressed("silence")); keep("silence", pressed("silence")); },
      mark: () => mark(!pressed("mark")),
      start: () => setPart(audio.currentTime, part && part.end > audio.currentTime ? part.end : length()),
      end: () => setPart(part && part.start < audio.currentTime ? part.start : 0, audio.currentTime),
      loop: () => {
        press("loop", !pressed("loop"));
        if (pressed("loop")) jump(part.start);
      },
      clear: () => setPart(0, 0),
    };
    box.querySelector(".controls").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button?.dataset.do) deeds[button.dataset.do]();
      else if (button?.dataset.speed) { setSpeed(Number(button.dataset.speed)); keep("speed", button.dataset.speed); }
    });

    // The waveform.

    const colour = (name) => getComputedStyle(box).getPropertyValue(name).trim();

    function colours() {
      const paint = (names) => {
        if (peaks.length < 2) return colour(names[0]);
        const gradient = document.createElement("canvas").getContext("2d")
          .createLinearGradient(0, 0, 0, wave.clientHeight * devicePixelRatio);
        [[0, 0], [0.5, 0], [0.5, 1], [1, 1]].forEach(([at, side]) => gradient.addColorStop(at, colour(names[side])));
        return gradient;
      };
      return {
        waveColor: paint(["--caller-pale", "--agent-pale"]),
        progressColor: paint(["--caller", "--agent"]),
        cursorColor: colour("--text"),
      };
    }

    function draw() {
      const live = document.createElement("div");
      live.className = "waveform";
      for (const [name, value] of Object.entries({
        role: "slider", tabindex: "0", "aria-label": "Place in the recording", "aria-valuemin": "0",
        "aria-valuemax": String(Math.ceil(length())), "aria-valuenow": "0",
      })) live.setAttribute(name, value);
      wave.append(live);
      regions = window.WaveSurfer.Regions?.create() || null;
      surfer = window.WaveSurfer.create({
        ...colours(),
        container: live, media: audio, url: audio.currentSrc || audio.src, height: wave.clientHeight, duration: length(),
        peaks: peaks.map((channel) => channel.map((value) => value / 104)), cursorWidth: 2, dragToSeek: true,
        autoScroll: false, hideScrollbar: true, plugins: regions ? [regions] : [],
        cspNonce: document.querySelector("meta[name=style-nonce]")?.content,
      });
      surfer.on("ready", () => { wave.classList.add("drawn"); showPins(); if (part) setPart(part.start, part.end); });
      surfer.on("click", (x) => jump(x * length()));
      surfer.on("dragend", (x) => jump(x * length(), !audio.paused)); // the sound says nothing itself before it is fetched
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => box.isConnected && surfer.setOptions(colours()));
      live.addEventListener("keydown", (event) => {
        const by = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageDown: -30, PageUp: 30 }[event.key];
        const to = { Home: 0, End: length() - 0.1 }[event.key];
        if (by === undefined && to === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        jump(to ?? audio.currentTime + by, !audio.paused);
      });
      regions?.on("region-created", (region) => {
        if (region.id !== "part" || region === partRegion) return;
        if (partRegion && partRegion !== region) partRegion.remove();
        partRegion = region;
        setPart(region.start, region.end);
      });
      regions?.on("region-updated", (region) => { if (region === partRegion) setPart(region.start, region.end); });
    }

    function showPins() {
      pins.forEach((pin) => pin.remove());
      if (!regions || !length()) return;
      pins = [...around().querySelectorAll("[data-pin-at]")].map((one) => {
        const flag = document.createElement("span"); // by keyboard the note itself is played from
        flag.ariaHidden = "true";
        flag.title = `${clock(Number(one.dataset.pinAt))}: ${one.dataset.pinText || ""}`;
        Object.assign(flag.style, {
          display: "block", width: "10px", height: "14px", borderRadius: "0 5px 5px 0", cursor: "pointer", background: colour("--pin"),
        });
        flag.addEventListener("click", (event) => { event.stopPropagation(); jump(Number(one.dataset.pinAt)); });
        return regions.addRegion({ start: Number(one.dataset.pinAt), content: flag, drag: false, resize: false, color: colour("--pin") });
      });
    }

    // What stands around the player may have been replaced since.
    function attach() {
      const found = [...around().querySelectorAll(".turn[data-start]")];
      if (found[0] !== turns[0]) {
        const list = found[0]?.parentElement;
        for (const sign of ["wheel", "touchmove", "pointerdown", "keydown"]) {
          list?.addEventListener(sign, () => { readerScrolled = performance.now(); }, { passive: true });
        }
      }
      turns = found;
      for (const field of around().querySelectorAll("[data-part]")) {
        if (field.dataset.heard) continue;
        field.dataset.heard = "1";
        field.addEventListener("change", () => {
          const [from, to] = ["start", "end"].map((side) => read(around().querySelector(`[data-part="${side}"]`).value));
          if (from < to) setPart(from, to, { tell: false });
        });
      }
      if (part) tellForm();
      if (surfer) showPins();
      show();
    }

    // Nothing is fetched before somebody plays, and not every browser keeps a place in what it has not fetched.
    audio.addEventListener("loadedmetadata", () => { if (wanted && !audio.currentTime) audio.currentTime = wanted; }, { once: true });
    for (const event of ["timeupdate", "seeked", "seeking", "loadedmetadata"]) audio.addEventListener(event, show);
    // How long it is, the carrier knows to the second and the file exactly.
    function measure() {
      quiet = peaks && length() ? silences(peaks, length()) : [];
      does("silence").title = peaks && !quiet.length ? "Nobody is silent here for two seconds" : "";
      if (length()) box.querySelector("[data-length]").textContent = clock(length());
    }
    audio.addEventListener("durationchange", measure);
    for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, () => {
      does("play").textContent = audio.paused ? "Play" : "Pause";
      if (!audio.paused && !frame) frame = requestAnimationFrame(tick);
    });

    setSpeed([...box.querySelectorAll("[data-speed]")].map((one) => Number(one.dataset.speed)).find((one) => String(one) === kept("speed")) || 1);
    press("silence", kept("silence") === "true");
    measure();
    players.set(box, {
      attach,
      jump,
      end: () => { cancelAnimationFrame(frame); audio.pause(); surfer?.destroy(); },
    });
    if (wave && peaks && length() && window.WaveSurfer) draw();
    else drawing?.addEventListener("click", (event) => {
      const place = drawing.getBoundingClientRect();
      if (length()) jump(((event.clientX - place.left) / place.width) * length());
    });
    wave?.classList.add("clickable");
    attach();
  }

  const playerNear = (element) => {
    const near = element.closest(".call, .item, #panel");
    const box = near ? near.querySelector(".player") : document.querySelector(".player");
    return box && players.get(box);
  };

  // A moment that is named anywhere on the page of a call; and a turn, unless somebody selects its words.
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const moment = event.target.closest("[data-seek]");
    const turn = event.target.closest(".turn[data-start]");
    if (!moment && (!turn || event.target.closest("a, button") || !getSelection().isCollapsed)) return;
    const player = playerNear(moment || turn);
    if (!player) return;
    event.preventDefault();
    player.jump(Number(moment ? moment.dataset.seek : turn.dataset.start));
  });

  function start(root) {
    for (const [box, player] of players) {
      if (!box.isConnected) { player.end(); players.delete(box); }
    }
    if (root.matches?.(".player")) startPlayer(root);
    root.querySelectorAll(".player").forEach(startPlayer);
    players.forEach((player) => player.attach());
  }

  if (window.htmx) window.htmx.onLoad(start);
  else start(document);
})();
