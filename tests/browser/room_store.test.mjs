// What a page shows of a room depends on what the server knows, never on what the network did on the way.
import assert from "node:assert/strict";
import { test } from "node:test";
import { initialState, knownOwn, reduce } from "../../support_app/static/js/store.js";
import { viewOf } from "../../support_app/static/js/store-view.js";
import { me, people, tellStory } from "./room_story.mjs";

const STORIES = 1500;
const STEPS = 30;

/** Numbers from 0 to 1 that a seed fixes, so that a failing story can be told again. */
function randomFrom(seed) {
  let value = seed;
  const random = () => {
    value = (value * 1103515245 + 12345) % 2147483648;
    return value / 2147483648;
  };
  for (let warmUp = 0; warmUp < 5; warmUp += 1) random();
  return random;
}

/** A page of the room, without the page: the store, and what room.js asks the server for. */
class Page {
  state = initialState({ circle: 1, me });

  take(action) {
    this.state = reduce(this.state, action);
  }

  /** Ask the server as it is at this step; what comes back may be taken much later. */
  ask(server, step, limit) {
    const after = this.state.loaded ? this.state.lastEvent : Math.max(0, server.eventsAt(step).length - limit);
    return { type: "caught-up", answer: server.history(after, step, limit), known: knownOwn(this.state) };
  }

  catchUp(server, limit) {
    for (let asked = 0; asked === 0 || this.state.gap || this.state.unknownOwn; asked += 1) {
      assert.ok(asked < 100, "catching up never ends");
      this.take(this.ask(server, server.now, limit));
    }
  }

  showEverything(server) {
    while (this.state.firstEvent > 1) {
      const after = Math.max(0, this.state.firstEvent - 6);
      this.take({ type: "earlier", answer: server.history(after, server.now, this.state.firstEvent - 1 - after) });
    }
  }

  /** What its reader sees; that one took back what nobody had seen is only told where it happened. */
  shown() {
    const told = viewOf(this.state).filter((view) => view.state !== "withdrawn" || this.state.messages.has(view.id));
    return told.map(({ id, state, text, edited, notice, author }) => ({
      id,
      author: author.id,
      state,
      text: state === "withdrawn" ? null : text,
      edited,
      notice: notice?.code ?? null,
    }));
  }
}

function freshPage(server) {
  const page = new Page();
  page.catchUp(server, 500);
  page.showEverything(server);
  return page;
}

/** What one page does and hears: packets may be lost, doubled and overtaken; what the page does itself may not. */
function badNetwork(server, random) {
  const queue = [];
  for (const packet of server.packets) {
    if (packet.own && random() < 0.2) continue; // another page of the same person wrote this one
    if (packet.own) queue.push(packet);
    else if (random() > 0.2) queue.push(packet, ...(random() < 0.2 ? [packet] : []));
  }
  for (let place = 1; place < queue.length; place += 1) {
    const [before, after] = [queue[place - 1], queue[place]];
    if (!before.own && !after.own && random() < 0.3) [queue[place - 1], queue[place]] = [after, before];
  }
  return withAnswers(withEarlySends(queue, random), random);
}

/** A message is on its page before it reaches the server, so an answer of the server may not know it yet. */
function withEarlySends(queue, random) {
  const whole = [...queue];
  for (const packet of queue.filter((item) => item.own)) {
    const place = whole.indexOf(packet);
    whole.splice(place, 1);
    whole.splice(Math.max(0, place - Math.floor(random() * 4)), 0, packet);
  }
  return whole;
}

/** The outbox asks until its message was accepted, so that answer comes some time. */
function withAnswers(queue, random) {
  const whole = [...queue];
  for (const packet of queue.filter((item) => item.own)) {
    const place = whole.indexOf(packet) + 1 + Math.floor(random() * (whole.length - whole.indexOf(packet)));
    whole.splice(place, 0, { step: packet.step, action: packet.accepted });
  }
  return whole;
}

/** Live through the story on a bad network, with catch-ups whose answers come late. */
function livedThrough(server, random) {
  const page = new Page();
  let step = 0;
  let underway = null;
  for (const packet of badNetwork(server, random)) {
    if (!packet.own) step = Math.max(step, packet.step);
    if (underway === null && random() < 0.2) underway = page.ask(server, step, 1 + Math.floor(random() * 9));
    page.take(packet.action);
    if (underway !== null && random() < 0.4) {
      page.take(underway);
      underway = null;
    }
  }
  page.catchUp(server, 7);
  page.showEverything(server);
  return page;
}

test("whatever the network did, a page ends with what a fresh page shows", () => {
  for (let seed = 1; seed <= STORIES; seed += 1) {
    const random = randomFrom(seed * 7919);
    const server = tellStory(random, STEPS);
    const page = livedThrough(server, random);
    assert.equal(page.state.lastEvent, server.eventsAt(server.now).length, `story ${seed}`);
    assert.deepEqual(page.shown(), freshPage(server).shown(), `story ${seed}`);
  }
});

test("a fresh page shows every delivered message once, in the circle's order", () => {
  const server = tellStory(randomFrom(5), 60);
  const delivered = server.eventsAt(server.now).filter((event) => event.type === "message.new");
  const shown = freshPage(server).shown().filter((view) => ["delivered", "withdrawn"].includes(view.state));
  assert.deepEqual(shown.map((view) => view.id), delivered.map((event) => event.id));
});

// ---- one message of one's own --------------------------------------------------------------------------------------

const SENT_AT = "2026-01-31T19:30:00.000Z";

function writing(text = "good evening") {
  const page = new Page();
  page.take({ type: "caught-up", answer: { circle: 1, last_event: 0, last_seq: 0, events: [], more: false, mine: [] } });
  page.take({ type: "send", clientId: "own-1", text, at: SENT_AT, replyTo: null });
  return page;
}

function told(state, version, notice = null) {
  return { type: "state", payload: { circle: 1, id: 9, client_id: "own-1", state, seq: null, revises: null, version, notice } };
}

const HELD = { code: "held", title: "A person is reading this", text: "", rule: null, reason: null, since: SENT_AT, actions: ["edit"], care: null };
const DELIVERED_EVENT = { type: "message.new", circle: 1, event: 1, seq: 1, id: 9, client_id: "own-1", author: me, text: "good evening", sent_at: SENT_AT, released_at: null, revision: 1, reply_to: null };

function only(page) {
  const views = viewOf(page.state);
  assert.equal(views.length, 1);
  return views[0];
}

test("a state that was overtaken by a newer one is ignored", () => {
  const page = writing();
  page.take(told("held", 3, HELD));
  page.take({ type: "accepted", clientId: "own-1", id: 9, value: "pending" });
  page.take(told("pending", 1));
  assert.equal(only(page).state, "held");
  page.take(told("delivered", 4));
  page.take(told("held", 3, HELD));
  assert.equal(only(page).state, "delivered");
  assert.equal(only(page).notice, null);
});

test("a state or event that comes twice changes nothing", () => {
  const page = writing();
  for (const action of [told("delivered", 2), { type: "event", event: DELIVERED_EVENT }]) {
    page.take(action);
    const once = viewOf(page.state);
    page.take(action);
    assert.deepEqual(viewOf(page.state), once);
  }
  assert.equal(only(page).version, 2);
});

test("what was not sent yet stays through every catch-up", () => {
  const page = writing("kept until the line is back");
  page.take({ type: "sending", clientId: "own-1", value: "waiting" });
  page.take({ type: "caught-up", answer: { circle: 1, last_event: 0, last_seq: 0, events: [], more: false, mine: [] }, known: knownOwn(page.state) });
  assert.equal(only(page).state, "waiting");
  page.take({ type: "refused", clientId: "own-1", error: { code: "too_long", message: "Too long." } });
  page.catchUp(tellStory(randomFrom(3), 10), 500);
  const kept = viewOf(page.state).find((view) => view.clientId === "own-1");
  assert.deepEqual([kept.state, kept.text, kept.error.code], ["failed", "kept until the line is back", "too_long"]);
});

test("what was accepted while an older answer was on its way stays", () => {
  const page = writing();
  const known = knownOwn(page.state);
  page.take({ type: "accepted", clientId: "own-1", id: 9, value: "pending" });
  page.take({ type: "caught-up", answer: { circle: 1, last_event: 0, last_seq: 0, events: [], more: false, mine: [] }, known });
  assert.equal(only(page).state, "pending");
});

test("a refusal that comes after the message was taken changes nothing", () => {
  const page = writing();
  page.take(told("held", 2, HELD));
  page.take({ type: "refused", clientId: "own-1", error: { code: "timeout", message: "No answer." } });
  assert.equal(only(page).state, "held");
});

test("an event that comes again after a later one changes nothing", () => {
  const page = writing();
  page.take({ type: "event", event: DELIVERED_EVENT });
  page.take({ type: "event", event: { type: "message.withdrawn", circle: 1, event: 2, id: 9 } });
  page.take({ type: "event", event: DELIVERED_EVENT });
  assert.equal(only(page).state, "withdrawn");
  assert.equal(page.state.lastEvent, 2);
});

test("the page knows at once that an event is missing", () => {
  const page = writing();
  page.take({ type: "event", event: { ...DELIVERED_EVENT, event: 2 } });
  assert.equal(page.state.gap, true);
});

test("the page asks for a held message that another page of the same person wrote", () => {
  const page = writing();
  page.take({ type: "discard", clientId: "own-1" });
  page.take(told("held", 2, HELD));
  assert.equal(page.state.unknownOwn, true);
  page.take({ type: "caught-up", answer: { circle: 1, last_event: 0, last_seq: 0, events: [], more: false, mine: [{ ...told("held", 2, HELD).payload, text: "from the phone", sent_at: SENT_AT }] } });
  assert.deepEqual([only(page).state, only(page).text, page.state.unknownOwn], ["held", "from the phone", false]);
});

test("that a talk changed is one of the circle's events, and no message", () => {
  const page = new Page();
  page.take({ type: "caught-up", answer: { circle: 1, last_event: 0, last_seq: 0, events: [], more: false, mine: [] }, known: [] });
  page.take({ type: "event", event: { type: "talk.changed", circle: 1, event: 2 } });
  assert.equal(page.state.gap, true);
  page.take({ type: "event", event: { type: "talk.changed", circle: 1, event: 1 } });
  assert.deepEqual([page.state.talk, page.state.lastEvent, page.state.gap, viewOf(page.state)], [2, 2, false, []]);
});

test("what others write never offers to be edited or taken back", () => {
  const page = new Page();
  page.take({ type: "caught-up", answer: { circle: 1, last_event: 1, last_seq: 1, events: [{ ...DELIVERED_EVENT, author: people[1], version: 2 }], more: false, mine: [] } });
  assert.deepEqual(only(page).actions, ["reply", "report"]);
});

test("events of another circle are not shown", () => {
  const page = writing();
  page.take({ type: "event", event: { ...DELIVERED_EVENT, circle: 2, id: 77, client_id: "other" } });
  assert.equal(only(page).clientId, "own-1");
  assert.equal(page.state.gap, false);
});

test("what the team took out is no longer read, says so, and comes back at its place", () => {
  const page = new Page();
  const later = { ...DELIVERED_EVENT, event: 2, id: 10, seq: 2, client_id: "later", author: people[1], text: "later" };
  page.take({ type: "caught-up", answer: { circle: 1, last_event: 2, last_seq: 2, events: [{ ...DELIVERED_EVENT, author: people[1] }, later], more: false, mine: [] } });
  const { id, text } = DELIVERED_EVENT;
  page.take({ type: "event", event: { type: "message.withdrawn", circle: 1, event: 3, id, by: "team" } });
  const [gone] = viewOf(page.state);
  assert.deepEqual([gone.state, gone.by, gone.text, gone.actions], ["withdrawn", "team", "", []]);
  page.take({ type: "event", event: { type: "message.restored", circle: 1, event: 4, id, text, revision: 1 } });
  assert.deepEqual(viewOf(page.state).map((view) => [view.id, view.state, view.text]), [[id, "delivered", text], [10, "delivered", "later"]]);
});

test("what a person released stands where it was written, however late it comes", () => {
  const page = new Page();
  const at = (second) => `2026-01-31T19:30:0${second}.000Z`;
  const said = (event, second, released_at = null) => ({ ...DELIVERED_EVENT, event, id: event, client_id: `said-${event}`, author: people[1], sent_at: at(second), released_at });
  page.take({ type: "caught-up", answer: { circle: 1, last_event: 2, last_seq: 2, events: [said(1, 1), said(2, 5)], more: false, mine: [] } });
  page.take({ type: "event", event: said(3, 3, at(7)) });
  page.take({ type: "event", event: said(4, 6) });
  assert.deepEqual(viewOf(page.state).map((view) => [view.event, view.releasedAt]), [[1, null], [3, at(7)], [2, null], [4, null]]);
});

test("a report is followed, and offered once", () => {
  const page = new Page();
  page.take({ type: "caught-up", answer: { circle: 1, last_event: 1, last_seq: 1, events: [{ ...DELIVERED_EVENT, author: people[1] }], more: false, mine: [], reports: [] } });
  page.take({ type: "report", report: { circle: 1, message: DELIVERED_EVENT.id, state: "received" } });
  assert.deepEqual([only(page).report, only(page).actions], ["received", ["reply"]]);
  page.take({ type: "report", report: { circle: 2, message: DELIVERED_EVENT.id, state: "done" } });
  assert.equal(only(page).report, "received");
});
