// A shift: says now and then that somebody is here, and shows how long a pause still lasts.
import { postJson } from "./api.js";
import { setText, show } from "./dom.js";
import { word } from "./words.js";

const HERE_EVERY_MS = 5 * 60000;
const PAUSE_EVERY_MS = 10000;
const shift = document.getElementById("shift");
const left = shift.querySelector("[data-until]");

async function sayHere() {
  if (document.visibilityState !== "visible") return;
  try {
    await postJson(shift.dataset.here, {});
  } catch {
    // a forgotten shift ends by itself; the next visit says so
  }
}

function showTimeLeft() {
  const seconds = Math.round((Date.parse(left.dataset.until) - Date.now()) / 1000);
  setText(left, seconds > 0 ? word("pause-left", { count: Math.ceil(seconds / 60) }) : word("pause-over"));
  show(left, true);
}

if (shift.dataset.onDuty === "yes") {
  sayHere();
  setInterval(sayHere, HERE_EVERY_MS);
  document.addEventListener("visibilitychange", sayHere);
}
if (left) {
  showTimeLeft();
  setInterval(showTimeLeft, PAUSE_EVERY_MS);
}
