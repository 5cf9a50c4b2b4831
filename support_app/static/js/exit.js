// Leave quickly: blank the page at once, then end the session, then put a neutral page in this one's place.
import { csrfToken } from "./dom.js";
import { forgetEverything } from "./storage.js";

const PRESSES = 3;
const WITHIN_MS = 1500;

let leaving = false;

export function leave() {
  if (leaving) return;
  leaving = true;
  document.documentElement.classList.add("leaving");
  document.title = "";
  document.dispatchEvent(new CustomEvent("peer:exit"));
  forgetEverything();
  endSession();
  window.location.replace(document.body.dataset.exitUrl || "/away");
}

function endSession() {
  const body = new URLSearchParams({ csrf_token: csrfToken() });
  try {
    fetch("/exit", { method: "POST", body, keepalive: true, credentials: "same-origin", redirect: "manual" }).catch(() => navigator.sendBeacon("/exit", body));
  } catch {
    navigator.sendBeacon("/exit", body);
  }
}

export function startExit() {
  document.getElementById("exit-form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    leave();
  });
  let presses = [];
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Shift") {
      presses = []; // Shift together with another key is writing, not leaving
      return;
    }
    if (event.repeat) return;
    const now = performance.now();
    presses = [...presses.filter((at) => now - at < WITHIN_MS), now];
    if (presses.length >= PRESSES) leave();
  });
  // A page that comes back from the browser's memory must not show what was left behind.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
}
