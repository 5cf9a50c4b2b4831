// What the room knows, as one value. `reduce` is pure: the same actions in any network order end in the same state.
//
// Two things feed it: the circle's numbered events (applied strictly in order, gaps wait for a catch-up) and the
// reader's own messages (where a lower version never overwrites a higher one).

/** An own message that is only on this page so far, or whose sending failed. */
const LOCAL_STATES = new Set(["sending", "waiting", "failed"]);

export function initialState({ circle, me }) {
  return {
    circle,
    me,
    connection: "connecting",
    loaded: false,
    firstEvent: null, // the oldest event on this page
    lastEvent: null, // the newest event that was applied
    gap: false, // an event is missing: catch up
    unknownOwn: false, // a state came for an own message this page does not know: catch up
    early: new Map(), // events that came before their predecessor, by number
    messages: new Map(), // what the circle sees, by message id
    changes: new Map(), // edits and withdrawals of messages that are not on this page (yet), by message id
    own: new Map(), // the reader's own messages and what became of them, by client id
    reports: new Map(), // how the reader's reports stand, by message id
    talk: 0, // the newest event that changed how a talk stands
    present: [],
    screener: null,
  };
}

export function reduce(state, action) {
  const step = STEPS[action.type];
  return step ? step(state, action) : state;
}

const STEPS = {
  connection: (state, { value }) => ({ ...state, connection: value }),
  presence: (state, { present }) => ({ ...state, present }),
  screener: (state, { value }) => ({ ...state, screener: value }),
  hello: (state, { user }) => ({ ...state, me: user }),
  event: (state, { event }) => applyEvent(state, event),
  "caught-up": caughtUp,
  earlier,
  send: (state, { clientId, text, at, replyTo }) =>
    withOwn(state, { clientId, id: null, text, sentAt: notBefore(state, at), replyTo, revises: null, state: "sending", version: 0, notice: null, error: null }),
  sending: (state, { clientId, value = "sending" }) => patchOwn(state, clientId, (entry) => (LOCAL_STATES.has(entry.state) ? { ...entry, state: value, error: null } : entry)),
  accepted: (state, { clientId, id, value }) =>
    patchOwn(state, clientId, (entry) => ({ ...entry, id, state: LOCAL_STATES.has(entry.state) ? value : entry.state, error: null })),
  refused: (state, { clientId, error }) => patchOwn(state, clientId, (entry) => (LOCAL_STATES.has(entry.state) ? { ...entry, state: "failed", error } : entry)),
  discard: (state, { clientId }) => withoutOwn(state, [clientId]),
  state: (state, { payload }) => ownState(state, payload),
  report: (state, { report }) => (report.circle === state.circle ? { ...state, reports: added(state.reports, report.message, report.state) } : state),
  own: (state, { message, replaces = null }) => {
    const known = ownState(mergeOwn(state, message), message);
    return replaces === null ? known : withoutOwn(known, clientIdsOf(known, replaces));
  },
  "care-dismissed": (state, { id }) => clientIdsOf(state, id).reduce((next, clientId) => patchOwn(next, clientId, dismissedCare), state),
};

// ---- the circle's events -------------------------------------------------------------------------------------------

function applyEvent(state, event) {
  if (event.circle !== state.circle) return state;
  if (!state.loaded) return { ...state, early: added(state.early, event.event, event) };
  if (event.event <= state.lastEvent) return state; // seen before
  if (event.event > state.lastEvent + 1) return { ...state, gap: true, early: added(state.early, event.event, event) };
  return drain(applyNext(state, event));
}

/** Applies what had come too early and now fits. */
function drain(state) {
  let next = state;
  while (next.early.has(next.lastEvent + 1)) next = applyNext(next, next.early.get(next.lastEvent + 1));
  const early = new Map([...next.early].filter(([number]) => number > next.lastEvent));
  return { ...next, early, gap: early.size > 0 };
}

function applyNext(state, event) {
  const numbered = { ...state, lastEvent: event.event };
  if (event.type === "message.new") return { ...numbered, messages: added(state.messages, event.id, messageFrom(state, event)) };
  if (event.type === "message.edited") return changed(numbered, event.id, editOf(event));
  if (event.type === "message.withdrawn") return changed(numbered, event.id, { withdrawn: true, by: event.by ?? "author", text: null });
  if (event.type === "message.restored") return changed(numbered, event.id, restored(event));
  if (event.type === "talk.changed") return { ...numbered, talk: event.event };
  return numbered;
}

function messageFrom(state, event) {
  const message = {
    id: event.id,
    event: event.event,
    clientId: event.client_id ?? null,
    author: event.author,
    text: event.text,
    sentAt: event.sent_at,
    releasedAt: event.released_at ?? null,
    replyTo: event.reply_to ?? null,
    revision: event.revision ?? 1,
    version: event.version ?? null,
    edited: false,
    withdrawn: false,
    by: null,
  };
  return { ...message, ...state.changes.get(event.id) };
}

function editOf(event) {
  // Without a text a later event brings the newer one, or takes the message back.
  return event.text === null ? { edited: true } : { text: event.text, revision: event.revision, edited: true };
}

function restored(event) {
  return { withdrawn: false, by: null, ...(event.text === null ? {} : { text: event.text, revision: event.revision }) };
}

function changed(state, id, change) {
  const message = state.messages.get(id);
  if (message) return { ...state, messages: added(state.messages, id, { ...message, ...change }) };
  return { ...state, changes: added(state.changes, id, { ...state.changes.get(id), ...change }) };
}

/** The server's answer to "what came after?"; `known` are the own messages this page knew when it asked. */
function caughtUp(state, { answer, known = [] }) {
  let next = state;
  if (!state.loaded) {
    const first = answer.events[0]?.event ?? answer.last_event + 1;
    next = { ...state, loaded: true, firstEvent: first, lastEvent: first - 1 };
  }
  for (const event of answer.events) {
    if (event.event === next.lastEvent + 1) next = applyNext(next, event);
  }
  next = drain(next);
  if (answer.reports) next = { ...next, reports: new Map(answer.reports.map((report) => [report.message, report.state])) };
  if (answer.more) return { ...next, gap: true };
  return reconcileOwn(next, answer.mine, known);
}

/** Older events, put before what the page has; later edits and withdrawals are already known. */
function earlier(state, { answer }) {
  const older = answer.events.filter((event) => event.event < state.firstEvent);
  if (older.length === 0) return state;
  const from = older.reduce((next, event) => applyNext(next, event), { ...state, messages: new Map(), changes: new Map() });
  const messages = new Map([...from.messages].map(([id, message]) => [id, { ...message, ...state.changes.get(id) }]));
  const changes = new Map([...from.changes, ...state.changes]);
  return { ...state, firstEvent: older[0].event, messages: new Map([...messages, ...state.messages]), changes };
}

// ---- the reader's own messages -------------------------------------------------------------------------------------

function ownState(state, payload) {
  if (payload.circle !== undefined && payload.circle !== state.circle) return state;
  const entry = state.own.get(payload.client_id);
  if (!entry) return unknownOwn(state, payload);
  if (payload.version < entry.version) return state; // overtaken by a newer one
  const next = { ...entry, id: payload.id, state: payload.state, version: payload.version, notice: payload.notice ?? null, revises: payload.revises ?? null, error: null };
  if (next.state === "delivered" && next.revises !== null && !next.notice) return withoutOwn(state, [entry.clientId]);
  return withOwn(state, next);
}

/** Sent from another page of the same person: its text comes with the next catch-up, unless it is simply delivered. */
function unknownOwn(state, payload) {
  const settled = payload.state === "withdrawn" || (payload.state === "delivered" && !payload.notice);
  if (settled && payload.revises === null) {
    const message = state.messages.get(payload.id);
    return message ? { ...state, messages: added(state.messages, payload.id, { ...message, version: payload.version }) } : state;
  }
  return settled ? state : { ...state, unknownOwn: true };
}

function mergeOwn(state, message) {
  const entry = state.own.get(message.client_id);
  const text = message.text ?? entry?.text ?? "";
  const base = entry ?? { clientId: message.client_id, replyTo: null, version: 0, state: message.state, notice: null, error: null };
  return withOwn(state, { ...base, id: message.id, text, sentAt: message.sent_at ?? base.sentAt, revises: message.revises ?? null });
}

function reconcileOwn(state, mine, known) {
  const listed = new Set(mine.map((message) => message.client_id));
  const merged = mine.reduce((next, message) => ownState(mergeOwn(next, message), message), { ...state, unknownOwn: false });
  const settled = known.filter((clientId) => {
    const entry = merged.own.get(clientId);
    return entry && !listed.has(clientId) && entry.id !== null && !LOCAL_STATES.has(entry.state) && entry.state !== "withdrawn";
  });
  return settled.reduce(settleUnlisted, merged);
}

/** The server no longer lists it: it was delivered with nothing to say about it, or taken back elsewhere. */
function settleUnlisted(state, clientId) {
  const entry = state.own.get(clientId);
  if (entry.revises === null && state.messages.has(entry.id)) return patchOwn(state, clientId, (own) => ({ ...own, state: "delivered", notice: null }));
  return withoutOwn(state, [clientId]);
}

function dismissedCare(entry) {
  if (!entry.notice?.care) return entry;
  return { ...entry, notice: { ...entry.notice, care: { ...entry.notice.care, dismissed: true } } };
}

function clientIdsOf(state, id) {
  return [...state.own.values()].filter((entry) => entry.id === id).map((entry) => entry.clientId);
}

function patchOwn(state, clientId, patch) {
  const entry = state.own.get(clientId);
  return entry ? withOwn(state, patch(entry)) : state;
}

function withOwn(state, entry) {
  return { ...state, own: added(state.own, entry.clientId, entry) };
}

function withoutOwn(state, clientIds) {
  return { ...state, own: new Map([...state.own].filter(([clientId]) => !clientIds.includes(clientId))) };
}

/** The clock of this machine may be behind the server's; a new message never sorts above what is already there. */
function notBefore(state, at) {
  const shown = [...state.messages.values()].map((message) => message.releasedAt ?? message.sentAt);
  return shown.reduce((latest, moment) => (Date.parse(moment) > Date.parse(latest) ? moment : latest), at);
}

function added(map, key, value) {
  return new Map(map).set(key, value);
}

/** Own messages this page has an id for; handed back with a catch-up's answer. */
export function knownOwn(state) {
  return [...state.own.values()].filter((entry) => entry.id !== null).map((entry) => entry.clientId);
}
