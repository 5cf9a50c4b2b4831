// Messages on their way: one after the other, kept over lost connections and reloads, always under the same client id.
// One that was refused stays, with its error, until the person tries again or lets it go.
import { forget, recall, remember } from "./storage.js";

const RETRIES = 3;
const RETRY_MS = 1500;
const WORTH_RETRYING = new Set(["timeout", "busy"]);

export class Outbox {
  /** `send(entry)` answers with an acknowledgement; `report(kind, entry, payload)` is told what happened. */
  constructor({ name, isLive, send, report }) {
    Object.assign(this, { name, isLive, send, report });
    this.queue = recall(name) ?? [];
    this.running = false;
  }

  add(entry) {
    this.queue.push(entry);
    this.#save();
    this.flush();
  }

  remove(clientId) {
    this.queue = this.queue.filter((entry) => entry.clientId !== clientId);
    this.#save();
  }

  retry(clientId) {
    this.queue = this.queue.map((entry) => (entry.clientId === clientId ? { ...entry, error: undefined } : entry));
    this.#save();
    this.flush();
  }

  async flush() {
    if (this.running) return;
    this.running = true;
    try {
      while (this.#waiting().length > 0) {
        if (!this.isLive()) {
          for (const entry of this.#waiting()) this.report("waiting", entry);
          return;
        }
        await this.#sendFirst();
      }
    } finally {
      this.running = false;
    }
  }

  async #sendFirst() {
    const [entry] = this.#waiting();
    for (let attempt = 1; this.isLive(); attempt += 1) {
      this.report("sending", entry);
      const answer = await this.send(entry);
      if (answer.ok) return this.#accepted(entry, answer);
      const retry = WORTH_RETRYING.has(answer.error.code);
      if (retry && !this.isLive()) return; // the next connection takes it up again
      if (!retry || attempt >= RETRIES) return this.#refused(entry, answer.error);
      await new Promise((resolve) => setTimeout(resolve, (answer.error.retry_after ?? 0) * 1000 || RETRY_MS * attempt));
    }
  }

  #accepted(entry, answer) {
    this.remove(entry.clientId);
    this.report("accepted", entry, answer);
  }

  #refused(entry, error) {
    this.queue = this.queue.map((other) => (other.clientId === entry.clientId ? { ...entry, error } : other));
    this.#save();
    this.report("refused", entry, error);
  }

  #waiting() {
    return this.queue.filter((entry) => !entry.error);
  }

  #save() {
    if (this.queue.length > 0) remember(this.name, this.queue);
    else forget(this.name);
  }
}
