// The volunteers' queue, live. An event only says that something changed; the list itself is asked for again.
import { getJson } from "./api.js";
import { connect } from "./connection.js";
import { clone, part, setText, show } from "./dom.js";
import { showScreener } from "./screener-banner.js";
import { formatTime } from "./times.js";
import { word } from "./words.js";

const LOOK_AGAIN_MS = 30000;
const SOON_MS = 150;
const queue = document.getElementById("queue");
const line = document.getElementById("connection");

let planned = null;

connect((name, payload) => {
  if (name === "live" || name === "case.changed") refreshSoon();
  if (name === "live" || name === "offline" || name === "ended") showConnection(name);
  if (name === "hello") showScreener(payload.screener);
  if (name === "screener.changed") showScreener(payload.state);
});

function showConnection(state) {
  line.dataset.state = state;
  setText(part(line, "text"), word(state));
}

function refreshSoon() {
  planned ??= setTimeout(refresh, SOON_MS);
}

async function refresh() {
  planned = null;
  try {
    const { cases } = await getJson("/api/cases");
    for (const lane of queue.querySelectorAll("[data-lane]")) fillLane(lane, cases.filter((item) => item.lane === lane.dataset.lane));
  } catch (error) {
    setText(part(line, "text"), error.message);
  }
  tick();
}

function fillLane(lane, cases) {
  const list = part(lane, "cases");
  const known = new Map([...list.children].map((element) => [Number(element.dataset.case), element]));
  const elements = cases.map((item) => fillCase(known.get(item.id) ?? clone("case-template"), item));
  const focused = document.activeElement;
  list.replaceChildren(...elements);
  if (focused?.isConnected && list.contains(focused)) focused.focus();
  showCount(lane);
}

function showCount(lane) {
  const { length } = part(lane, "cases").children;
  setText(part(lane, "count"), length > 0 ? String(length) : "");
  show(part(lane, "empty"), length === 0);
}

function fillCase(element, item) {
  element.dataset.case = item.id;
  element.dataset.state = item.state;
  element.className = ["case-item", item.mine && "is-mine", item.overdue && "is-overdue"].filter(Boolean).join(" ");
  part(element, "link").href = item.url;
  part(element, "level").className = `case-level level-${item.level}`;
  setText(part(element, "level"), item.level);
  setText(part(element, "level-words"), word(`level-${item.level}`));
  setText(part(element, "reasons"), item.reasons.join(" · "));
  setText(part(element, "circle"), item.circle.name);
  setText(part(element, "opened"), formatTime(item.opened_at));
  show(part(element, "owner"), Boolean(item.owner));
  setText(part(element, "owner"), item.mine ? word("yours") : item.owner ? word("with", { name: item.owner.name }) : "");
  const clock = part(element, "clock");
  clock.dataset.due = item.due_at;
  show(clock, !item.owner);
  return element;
}

/** Clocks run on this page; nothing is asked for. */
function tick() {
  for (const clock of queue.querySelectorAll("[data-due]")) {
    const seconds = Math.round((Date.parse(clock.dataset.due) - Date.now()) / 1000);
    clock.closest(".case-item").classList.toggle("is-overdue", seconds < 0 && !clock.hidden);
    setText(clock, word(seconds < 0 ? "waiting" : "left", { time: duration(Math.abs(seconds)) }));
  }
}

function duration(seconds) {
  if (seconds < 60) return word("seconds", { count: seconds });
  if (seconds < 3600) return word("minutes", { count: Math.floor(seconds / 60) });
  return word("hours", { count: Math.floor(seconds / 3600) });
}

for (const lane of queue.querySelectorAll("[data-lane]")) showCount(lane);
tick();
setInterval(tick, 1000);
setInterval(() => document.visibilityState === "visible" && refreshSoon(), LOOK_AGAIN_MS);
