// A shift: says now and then that somebody is here, shows how long a pause still lasts, and asks whether somebody is in acute danger meanwhile.
import { getJson, postJson } from "./api.js";
import { part, setText, show } from "./dom.js";
import { word } from "./words.js";

const HERE_EVERY_MS = 5 * 60000;
const PAUSE_EVERY_MS = 10000;
const ASK_EVERY_MS = 20000;
const shift = document.getElementById("shift");
const left = shift.querySelector("[data-until]");
const offer = part(shift, "urgent");

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

async function askWhetherUrgent() {
  try {
    const { urgent } = await getJson(offer.dataset.asks);
    show(offer, urgent);
  } catch {
    // the list below says that the server cannot be reached
  }
}

if (shift.dataset.onDuty === "yes") {
  sayHere();
  setInterval(sayHere, HERE_EVERY_MS);
  document.addEventListener("visibilitychange", sayHere);
}
if (offer) setInterval(askWhetherUrgent, ASK_EVERY_MS);
if (left) {
  showTimeLeft();
  setInterval(showTimeLeft, PAUSE_EVERY_MS);
}
