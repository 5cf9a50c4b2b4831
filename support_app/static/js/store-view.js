// What the page shows of the store's state: messages in reading order, each with what its reader may know and do. Pure.

/** Messages in reading order: delivered ones by event; what a person released, and own undelivered ones, where they were written. */
export function viewOf(state) {
  const entries = [...state.own.values()];
  const back = new Set(entries.filter((entry) => ["returned", "held"].includes(entry.state)).map((entry) => entry.clientId));
  // What the team took out is shown to its author as what it is now: theirs, with the reason.
  const messages = [...state.messages.values()].filter((message) => !(message.by === "team" && back.has(message.clientId))).sort((a, b) => a.event - b.event);
  const delivered = new Set(messages.filter((message) => message.author.id === state.me.id).map((message) => message.clientId));
  const revisions = entries.filter((entry) => entry.revises !== null && state.messages.has(entry.revises));
  const unseen = entries.filter((entry) => !revisions.includes(entry) && !delivered.has(entry.clientId) && isShown(entry));
  const shown = messages.map((message) => deliveredView(state, message, revisions));
  const elsewhere = [...shown.filter((view) => view.releasedAt), ...unseen.map((entry) => ownView(state, entry))];
  return oneCard(tickLatest(merged(shown.filter((view) => !view.releasedAt), elsewhere)));
}

/** Only the newest care card is on the page; putting it away puts all away. */
function oneCard(views) {
  const newest = views.findLast((view) => view.care);
  return views.map((view) => (view.care && view !== newest ? { ...view, care: null } : view));
}

/** Ids of the own messages whose care card is still on the table. */
export function openCare(state) {
  return [...state.own.values()].filter((entry) => careOf(entry)).map((entry) => entry.id);
}

/** Only the newest own message of this visit says that it was delivered. */
function tickLatest(views) {
  const latest = views.findLast((view) => view.fresh && view.state === "delivered");
  return views.map((view) => (view.fresh && view !== latest ? { ...view, fresh: false } : view));
}

function isShown(entry) {
  return entry.revises === null || !["delivered", "withdrawn"].includes(entry.state);
}

function deliveredView(state, message, revisions) {
  const mine = message.author.id === state.me.id;
  const entry = mine ? state.own.get(message.clientId) : undefined;
  const revision = mine ? revisions.findLast((own) => own.revises === message.id && own.state !== "withdrawn") : undefined;
  const pendingEdit = revision && revision.state !== "delivered" ? revision : null;
  const version = Math.max(entry?.version ?? 0, message.version ?? 0) || null;
  const gone = message.withdrawn || entry?.state === "withdrawn" || message.text === null;
  return {
    key: mine && message.clientId ? `own-${message.clientId}` : `message-${message.id}`,
    id: message.id,
    clientId: message.clientId,
    mine,
    author: message.author,
    text: message.text ?? "",
    sentAt: message.sentAt,
    releasedAt: message.releasedAt,
    event: message.event,
    state: gone ? "withdrawn" : "delivered",
    by: message.by ?? "author",
    report: mine ? null : (state.reports.get(message.id) ?? null),
    edited: message.edited && !gone,
    quote: gone ? null : quoteOf(state, message.replyTo),
    version,
    notice: null,
    error: null,
    fresh: Boolean(entry),
    actions: gone ? [] : actionsFor({ mine, version, pendingEdit, reported: state.reports.has(message.id) }),
    edit: pendingEdit && !gone ? editView(pendingEdit) : null,
    care: careOf(entry) ?? careOf(revision),
    careOf: careOf(entry) ? message.id : (revision?.id ?? null),
  };
}

function actionsFor({ mine, version, pendingEdit, reported }) {
  if (!mine) return reported ? ["reply"] : ["reply", "report"];
  return version && !pendingEdit ? ["edit", "withdraw"] : [];
}

function editView(entry) {
  return { id: entry.id, text: entry.text, state: entry.state, version: entry.version, notice: entry.notice };
}

function ownView(state, entry) {
  return {
    key: `own-${entry.clientId}`,
    id: entry.id,
    clientId: entry.clientId,
    mine: true,
    author: state.me,
    text: entry.text,
    sentAt: entry.sentAt,
    releasedAt: null,
    event: 0,
    state: entry.state,
    by: "author",
    report: null,
    edited: false,
    quote: quoteOf(state, entry.replyTo),
    version: entry.version || null,
    notice: ["nudged", "held", "returned"].includes(entry.state) ? entry.notice : null,
    error: entry.error,
    fresh: true,
    actions: [],
    edit: null,
    care: careOf(entry),
    careOf: entry.id,
  };
}

function careOf(entry) {
  const care = entry?.notice?.care;
  return care && !care.dismissed && entry.state !== "withdrawn" ? care : null;
}

/** null: no reply; otherwise whom and what it answers, as far as this page knows. */
function quoteOf(state, replyTo) {
  if (replyTo === null || replyTo === undefined) return null;
  const target = state.messages.get(replyTo);
  if (!target) return { author: null, text: null, gone: Boolean(state.changes.get(replyTo)?.withdrawn) };
  return { author: target.author.name, text: target.withdrawn ? null : target.text, gone: target.withdrawn || target.text === null };
}

/** Puts messages that have their place by when they were written between those in the order of their delivery. */
function merged(shown, written) {
  const waiting = [...written].sort((a, b) => Date.parse(a.sentAt) - Date.parse(b.sentAt));
  const all = [];
  for (const item of shown) {
    while (waiting.length > 0 && Date.parse(waiting[0].sentAt) < Date.parse(item.sentAt)) all.push(waiting.shift());
    all.push(item);
  }
  return [...all, ...waiting];
}
