// A server that tells random stories of a room, and remembers what it would have answered at every step.

export const me = { id: 1, name: "Quiet Robin" };
export const people = [me, { id: 2, name: "Amber Willow" }, { id: 3, name: "Steady Maple" }];
const CIRCLE = 1;
const START = Date.parse("2026-01-31T19:00:00.000Z");

/** Random people write, are held, released, returned, edit and take back, until `steps` things have happened. */
export function tellStory(random, steps) {
  const server = new Server();
  const one = (list) => list[Math.floor(random() * list.length)];
  while (server.now < steps) {
    const shown = server.messages.filter((message) => message.state === "delivered");
    const held = server.messages.filter((message) => message.state === "held");
    const roll = random();
    if (roll < 0.15 && held.length > 0) server.decide(one(held), one(["delivered", "returned", "withdrawn"]));
    else if (roll < 0.3) server.write(me, "held");
    else if (roll < 0.45 && shown.length > 0) server.edit(one(shown));
    else if (roll < 0.6 && shown.length > 0) server.takeBack(one(shown));
    else server.write(one(people), "delivered");
  }
  return server;
}

class Server {
  now = 0;
  messages = [];
  events = [];
  states = []; // of messages of `me`, with the step at which each was reached
  packets = []; // in the order of their sending: {step, action}; with `own`, what the author's page did itself

  write(author, state) {
    this.now += 1;
    const id = this.messages.length + 1;
    const message = { id, author, client_id: `client-${id}`, text: `text ${id}`, sent_at: this.#time(), revision: 1, version: 1, state: "pending" };
    this.messages.push(message);
    if (author === me) this.#sentByMe(message);
    this.decide(message, state);
  }

  /** The screener's decision, or a person's. */
  decide(message, state) {
    this.now += 1;
    const wasHeld = message.state === "held";
    Object.assign(message, { state, version: message.version + 1 });
    if (state === "delivered") this.#emit("message.new", message, { ...this.#asNew(message), released_at: wasHeld ? this.#time() : null });
    if (message.author === me) this.#tellMe(message);
  }

  edit(message) {
    this.now += 1;
    Object.assign(message, { revision: message.revision + 1, text: `text ${message.id}, changed ${this.now}` });
    this.#emit("message.edited", message, { text: message.text, revision: message.revision, edited_at: this.#time() });
  }

  takeBack(message) {
    this.now += 1;
    Object.assign(message, { state: "withdrawn", version: message.version + 1 });
    this.#emit("message.withdrawn", message, {});
    if (message.author === me) this.#tellMe(message);
  }

  /** The events as they stood at a step: what was replaced or taken back by then has lost its text. */
  eventsAt(step) {
    const events = this.events.filter((event) => event.step <= step);
    return events.map(({ step: _, ...event }) => (this.#isReplaced(event, events) ? { ...event, text: null } : event));
  }

  /** `GET /api/circles/1/events?after=` as it would have been answered at a step. */
  history(after, step, limit) {
    const events = this.eventsAt(step);
    const page = events.slice(after, after + limit);
    return { circle: CIRCLE, last_event: events.length, last_seq: 0, events: page, more: after + limit < events.length, mine: this.#mineAt(step) };
  }

  #mineAt(step) {
    const latest = new Map();
    for (const state of this.states.filter((item) => item.step <= step)) latest.set(state.payload.id, state);
    return [...latest.values()].filter(({ payload }) => ["pending", "held", "returned"].includes(payload.state)).map(({ payload, text, sent_at }) => ({ ...payload, text, sent_at }));
  }

  #isReplaced(event, events) {
    if (event.type === "message.withdrawn") return false;
    return events.some((later) => later.id === event.id && later.event > event.event);
  }

  #sentByMe(message) {
    const { client_id: clientId, text, sent_at: at, id } = message;
    const accepted = { type: "accepted", clientId, id, value: "pending" };
    this.packets.push({ step: this.now, own: true, action: { type: "send", clientId, text, at, replyTo: null }, accepted });
    this.#tellMe(message);
  }

  #tellMe({ id, client_id, state, version, text, sent_at }) {
    const notice = ["held", "returned"].includes(state) ? { code: state, actions: [], care: null } : null;
    const payload = { circle: CIRCLE, id, client_id, state, seq: null, revises: null, version, notice };
    this.states.push({ step: this.now, payload, text, sent_at });
    this.packets.push({ step: this.now, action: { type: "state", payload } });
  }

  #emit(type, message, facts) {
    const event = { type, circle: CIRCLE, event: this.events.length + 1, id: message.id, ...facts };
    const version = message.author === me && type === "message.new" ? { version: message.version } : {};
    this.events.push({ ...event, ...version, step: this.now });
    this.packets.push({ step: this.now, action: { type: "event", event } });
  }

  #asNew({ id, client_id, author, text, sent_at }) {
    return { seq: id, client_id, author, text, sent_at, revision: 1, reply_to: null };
  }

  #time() {
    return new Date(START + this.now * 1000).toISOString();
  }
}
