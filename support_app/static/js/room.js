// The live room: wires the connection, the store and the parts of the page together.
import { ask } from "./confirm.js";
import { Composer } from "./composer.js";
import { connect, history, own } from "./connection.js";
import { part, setText, show } from "./dom.js";
import { Log } from "./log.js";
import { Outbox } from "./outbox.js";
import { Presence } from "./presence.js";
import { showScreener } from "./screener-banner.js";
import { startSideRoom } from "./side-room.js";
import { initialState, knownOwn, reduce } from "./store.js";
import { openCare, viewOf } from "./store-view.js";
import { toast } from "./toast.js";
import { word } from "./words.js";

const LOOK_AGAIN_MS = 45000;
const byId = (id) => document.getElementById(id);
const root = byId("room");
const circle = Number(root.dataset.circle);
const me = { id: Number(root.dataset.userId), name: root.dataset.userName };
const scope = `${me.id}:${circle}`;

let state = initialState({ circle, me });
let catchingUp = false;

const log = new Log({ log: byId("log"), scroll: byId("scroll"), jump: byId("jump"), empty: byId("empty"), skeleton: byId("skeleton") });
const presence = new Presence({ panel: byId("presence"), typing: byId("typing"), me });
const connection = connect(receive);
const outbox = new Outbox({
  name: `outbox:${scope}`,
  isLive: () => connection.isLive,
  send: (entry) => connection.ask("message.send", { circle, client_id: entry.clientId, text: entry.text, reply_to: entry.replyTo }),
  report: reportSending,
});
const composer = new Composer(byId("composer"), {
  name: `draft:${scope}`,
  textMax: Number(root.dataset.textMax),
  submit: submitText,
  typing: () => connection.typing(circle),
});

const sideRoom = startSideRoom({ circle, composer, tell: toast });

// ---- what comes in -------------------------------------------------------------------------------------------------

function receive(name, payload) {
  if (name === "message.state" && payload.notice?.care) sideRoom?.refresh(); // also told where the talk was asked for
  if (payload?.circle !== undefined && payload.circle !== circle) return;
  if (name === "live") return enter();
  if (name === "offline") return dispatch({ type: "connection", value: "offline" });
  if (name === "ended") return ended(payload);
  if (name === "hello") return greeted(payload);
  if (name === "screener.changed") return showScreener(payload.state);
  if (name === "presence") return dispatch({ type: "presence", present: payload.present });
  if (name === "typing") return presence.isTyping(payload.user);
  if (name === "report.changed") return dispatch({ type: "report", report: payload });
  if (name === "message.state") return dispatch({ type: "state", payload });
  if (name.startsWith("message.") || name === "talk.changed") {
    if (payload.author) presence.stopped(payload.author.id);
    dispatch({ type: "event", event: { ...payload, type: name } });
  }
}

function greeted(hello) {
  showScreener(hello.screener);
  dispatch({ type: "hello", user: hello.user });
}

async function enter() {
  const answer = await connection.ask("circle.enter", { circle });
  if (!answer.ok) {
    if (answer.error.code === "timeout") return;
    return ended(answer.error);
  }
  dispatch({ type: "connection", value: "live" });
  dispatch({ type: "presence", present: answer.present });
  await catchUp();
  outbox.flush();
}

function ended(error) {
  dispatch({ type: "connection", value: "ended" });
  const dialog = byId("ended-dialog");
  setText(part(dialog, "message"), error?.message ?? "");
  if (!dialog.open) ask("ended-dialog");
}

/** Asks the server for what came after the last event; until nothing is missing. */
async function catchUp() {
  if (catchingUp) return;
  catchingUp = true;
  try {
    do {
      const known = knownOwn(state);
      const answer = state.loaded ? await history.after(circle, state.lastEvent) : await history.latest(circle);
      const before = state.lastEvent;
      dispatch({ type: "caught-up", answer, known }, { quiet: true });
      if (state.gap && before === state.lastEvent) break; // nothing new came: the next event asks again
    } while (state.gap || state.unknownOwn);
  } catch (error) {
    if (!state.loaded) toast(word("history-failed"), { label: word("action-retry"), action: catchUp });
    else if (error.status === 401 || error.status === 404) ended(error);
    else if (error.status) toast(error.message);
  } finally {
    catchingUp = false;
  }
}

function dispatch(action, { quiet = false } = {}) {
  state = reduce(state, action);
  render();
  if (!quiet && state.loaded && (state.gap || state.unknownOwn)) catchUp();
}

// ---- what the page shows -------------------------------------------------------------------------------------------

let scheduled = false;
let shownPresent = null;
let shownTalk = 0;

function render() {
  if (scheduled) return;
  scheduled = true;
  queueMicrotask(() => {
    scheduled = false;
    const ended = state.connection === "ended"; // signed out, maybe at a shared computer: the conversation goes, the draft stays
    log.render(ended ? [] : viewOf(state), { loaded: state.loaded });
    show(log.scroll, !ended);
    show(byId("earlier"), state.loaded && state.firstEvent > 1);
    if (shownPresent !== state.present) presence.show(state.present, state.me);
    shownPresent = state.present;
    if (shownTalk !== state.talk) sideRoom?.refresh();
    shownTalk = state.talk;
    const line = byId("connection");
    line.dataset.state = state.connection;
    setText(part(line, "text"), word(state.connection));
  });
}

// ---- what the person does ------------------------------------------------------------------------------------------

async function submitText({ text, mode }) {
  if (mode?.kind === "edit") return submitEdit(text, mode);
  const entry = { clientId: crypto.randomUUID(), text, replyTo: mode?.kind === "reply" ? mode.id : null };
  dispatch({ type: "send", clientId: entry.clientId, text, at: new Date().toISOString(), replyTo: entry.replyTo });
  outbox.add(entry);
  return true;
}

async function submitEdit(text, mode) {
  return attempt(async () => {
    const { message } = await own.edit(mode.id, { client_id: mode.clientId, text, version: mode.version });
    dispatch({ type: "own", message, replaces: message.revises === null || message.id === mode.id ? mode.id : replacedRevision(mode) });
  });
}

/** A change of a change takes the earlier one's place; the delivered message itself stays. */
function replacedRevision(mode) {
  return state.messages.has(mode.id) ? null : mode.id;
}

function reportSending(kind, entry, payload) {
  const { clientId } = entry;
  if (!state.own.has(clientId)) {
    dispatch({ type: "send", clientId, text: entry.text, at: new Date().toISOString(), replyTo: entry.replyTo });
  }
  if (kind === "accepted") dispatch({ type: "accepted", clientId, id: payload.id, value: payload.state });
  else if (kind === "refused") dispatch({ type: "refused", clientId, error: payload.code === "timeout" ? { code: "timeout", message: word("unreachable") } : payload });
  else dispatch({ type: "sending", clientId, value: kind });
}

root.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  const key = button?.closest("[data-key]")?.dataset.key;
  if (!key) return;
  const view = viewOf(state).find((item) => item.key === key);
  if (view) act(button.dataset.action, view, button.dataset.target === "edit" ? view.edit : view);
});

/** `subject` is the message, or the change of it that the button belongs to. */
function act(action, view, subject) {
  const local = view.state === "failed";
  const actions = {
    reply: () => composer.reply(view),
    edit: () => (local ? reopen(view) : composer.edit({ id: subject.id, version: subject.version, text: subject.text })),
    withdraw: () => withdraw(view, subject),
    send_on: () => attempt(async () => dispatch({ type: "own", message: (await own.sendOn(subject.id, subject.version)).message })),
    appeal: () => appeal(subject),
    report: () => report(view),
    "dismiss-care": dismissCare,
    "ask-talk": () => attempt(async () => dispatch({ type: "own", message: (await own.askToTalk(view.careOf)).message })),
    retry: () => outbox.retry(view.clientId),
    discard: () => discard(view),
  };
  actions[action]?.();
}

function discard(view) {
  outbox.remove(view.clientId);
  dispatch({ type: "discard", clientId: view.clientId });
}

function reopen(view) {
  discard(view);
  composer.takeBack(view.text);
}

async function withdraw(view, subject) {
  if (subject === view && view.state === "delivered" && !(await ask("withdraw-dialog"))) return;
  await attempt(async () => dispatch({ type: "own", message: (await own.withdraw(subject.id, subject.version)).message }));
}

async function appeal(subject) {
  const note = byId("appeal-note");
  note.value = "";
  if (!(await ask("appeal-dialog"))) return;
  await attempt(async () => dispatch({ type: "own", message: (await own.appeal(subject.id, subject.version, note.value)).message }));
}

/** One tap and no form; a person looks at it. */
async function report(view) {
  const reported = await attempt(() => own.report(view.id));
  if (!reported) return;
  dispatch({ type: "report", report: { circle, message: view.id, state: "received" } });
  toast(word("reported"));
}

async function dismissCare() {
  const ids = openCare(state);
  for (const id of ids) dispatch({ type: "care-dismissed", id });
  for (const id of ids) await attempt(() => own.dismissCare(id));
}

/** Runs a write; when the page was behind, looks again and says so. */
async function attempt(work) {
  try {
    await work();
    return true;
  } catch (error) {
    toast(error.message);
    if (error.code === "conflict") catchUp();
    if (error.code === "not_signed_in" || error.code === "csrf") ended(error);
    return false;
  }
}

byId("earlier").addEventListener("click", async () => {
  try {
    const answer = await history.before(circle, state.firstEvent);
    log.keepPlace(() => {
      state = reduce(state, { type: "earlier", answer });
      log.render(viewOf(state), { loaded: true });
    });
    show(byId("earlier"), state.firstEvent > 1);
  } catch (error) {
    toast(error.message);
  }
});

// Losing the very last event leaves no gap to notice, so the page looks again now and then.
setInterval(() => document.visibilityState === "visible" && state.loaded && connection.isLive && catchUp(), LOOK_AGAIN_MS);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && state.loaded && connection.isLive && catchUp());

for (const entry of outbox.queue) reportSending(entry.error ? "refused" : "waiting", entry, entry.error);
render();
