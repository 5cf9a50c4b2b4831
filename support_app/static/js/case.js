// One case: keeps the claim alive while the page is open, and says so when it was lost.
import { postJson } from "./api.js";
import { part, setText, show } from "./dom.js";
import { formatTime } from "./times.js";

const EVERY_MS = 60000;
const page = document.getElementById("case");
const lost = document.getElementById("lease-lost");

async function keepAlive() {
  try {
    const { lease_until: until } = await postJson(page.dataset.keepAlive, {});
    setText(part(page, "until"), formatTime(until));
    show(lost, false);
  } catch (error) {
    setText(lost, error.message);
    show(lost, true);
    if (error.status !== 0) clearInterval(timer);
  }
}

const timer = page.dataset.mine === "yes" ? setInterval(keepAlive, EVERY_MS) : null;
if (timer) document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && keepAlive());
