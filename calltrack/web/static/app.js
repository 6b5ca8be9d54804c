"use strict";
// Only what a page cannot do by itself: the player's waveform and speeds, jumping to a turn, reasons that fit the label, printing,
// menus that close, and the current entry of a menu that is wider than a phone.

function startPlayer(box) {
  const audio = box.querySelector("audio");
  const wave = box.querySelector(".wave svg");
  const length = () => (Number.isFinite(audio.duration) ? audio.duration : Number(box.dataset.seconds) || 0);
  const turns = [...document.querySelectorAll(".turn")];

  function jump(seconds) {
    audio.currentTime = seconds;
    audio.play();
  }

  function showPlace() {
    if (wave && length()) {
      const x = (audio.currentTime / length()) * wave.viewBox.baseVal.width;
      wave.querySelector("clipPath rect").setAttribute("width", x);
      const place = wave.querySelector(".place");
      place.setAttribute("x1", x);
      place.setAttribute("x2", x);
    }
    const heard = turns.filter((turn) => Number(turn.dataset.start) <= audio.currentTime + 0.05).pop();
    turns.forEach((turn) => turn.classList.toggle("now", turn === heard && audio.currentTime > 0));
  }

  if (wave) {
    wave.classList.add("live");
    wave.addEventListener("click", (event) => {
      const place = wave.getBoundingClientRect();
      if (length()) jump(((event.clientX - place.left) / place.width) * length());
    });
  }
  for (const event of ["timeupdate", "seeked", "loadedmetadata"]) audio.addEventListener(event, showPlace);

  for (const link of document.querySelectorAll("[data-seek]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      jump(Number(link.dataset.seek));
    });
  }

  const speeds = box.querySelector(".speeds");
  speeds.hidden = false;
  speeds.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-speed]");
    if (!chosen) return;
    audio.playbackRate = Number(chosen.dataset.speed);
    for (const one of speeds.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one === chosen));
  });
}

// The reasons of the other label are out of reach, so that no pair can be sent that the server refuses.
function followLabel(select) {
  const fields = select.form.elements;
  function fit() {
    const label = fields[select.dataset.follows].value;
    for (const group of select.querySelectorAll("optgroup")) {
      group.hidden = group.disabled = Boolean(label) && group.dataset.label !== label;
    }
    if (select.selectedOptions[0]?.parentElement.disabled) select.value = "";
  }
  select.form.addEventListener("change", fit);
  fit();
}

document.querySelectorAll(".player").forEach(startPlayer);
document.querySelectorAll("select[data-follows]").forEach(followLabel);

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

for (const menu of document.querySelectorAll("details.menu")) {
  const close = () => menu.removeAttribute("open");
  document.addEventListener("click", (event) => menu.contains(event.target) || close());
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    close();
    menu.querySelector("summary").focus();
  });
}

document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
