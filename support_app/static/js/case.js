// One case: keeps the claim alive while the page is open, counts down to a decision's effect, and gives every action a key.
import { postJson } from "./api.js";
import { locale, part, setText, show } from "./dom.js";
import { recall, remember } from "./storage.js";
import { formatTime } from "./times.js";
import { word } from "./words.js";

const EVERY_MS = 60000;
const LOOK_EVERY_MS = 20000;
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

/** Says that this page is open, and shows who else has it open and whether the case is still what is shown here. */
async function look() {
  if (document.visibilityState !== "visible") return;
  try {
    const { others, version } = await postJson(page.dataset.looking, {});
    const viewers = part(page, "viewers");
    const names = new Intl.ListFormat(locale, { type: "conjunction" }).format(others);
    setText(viewers, word(others.length === 1 ? "viewer" : "viewers", { names }));
    show(viewers, others.length > 0);
    show(part(page, "changed"), version !== Number(page.dataset.version));
  } catch {
    show(part(page, "viewers"), false); // who is there is not known now; keepAlive says when that matters
  }
}

look();
setInterval(look, LOOK_EVERY_MS);
document.addEventListener("visibilitychange", look);

/** The time to undo runs out on the server; here it is only shown. */
function countDown() {
  const effect = part(page, "effect");
  if (!effect) return;
  const left = Math.ceil((Date.parse(effect.dataset.at) - Date.now()) / 1000);
  if (left < 0) location.assign(effect.dataset.then);
  else setText(effect, word("seconds-left", { count: left }));
}

countDown();
setInterval(countDown, 500);

/** A beginning for the reason, with its rule; whoever chose it fills in what stands in brackets. */
const templates = part(page, "templates");
if (templates) {
  show(templates, true);
  templates.querySelector("select").addEventListener("change", ({ target }) => {
    const chosen = target.selectedOptions[0];
    const reason = document.getElementById("reason");
    if (!chosen.value) return;
    reason.value = chosen.value;
    document.getElementById("rule").value = chosen.dataset.rule;
    reason.focus();
    reason.setSelectionRange(reason.value.indexOf("["), reason.value.indexOf("]") + 1);
  });
}

/** Single keys can be switched off: people who speak to their machine press them by accident. */
const keys = part(page, "keys");
const usesKeys = keys && part(keys, "use-keys");
if (keys) {
  usesKeys.checked = recall("keys") !== "off";
  usesKeys.addEventListener("change", () => remember("keys", usesKeys.checked ? "on" : "off"));
  show(keys, true);
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (!usesKeys?.checked || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  page.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`)?.click();
});
