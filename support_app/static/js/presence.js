// Who is here, and who is writing.
import { clone, part, setText } from "./dom.js";
import { initialOf, tintOf } from "./message-view.js";
import { word } from "./words.js";

const TYPING_MS = 4500;

export class Presence {
  constructor({ panel, typing, me }) {
    Object.assign(this, { panel, typingLine: typing, me });
    this.writing = new Map(); // user id -> {name, timer}
  }

  show(present, me) {
    this.me = me;
    const count = part(this.panel, "count");
    setText(count, String(present.length));
    this.panel.querySelector("summary").title = word("here", { count: present.length });
    const people = present.map((person) => this.#person(person));
    if (present.every((person) => person.id === me.id)) people.push(this.#alone());
    part(this.panel, "people").replaceChildren(...people);
    for (const id of this.writing.keys()) if (!present.some((person) => person.id === id)) this.stopped(id);
  }

  isTyping(user) {
    if (user.id === this.me.id) return;
    clearTimeout(this.writing.get(user.id)?.timer);
    this.writing.set(user.id, { name: user.name, timer: setTimeout(() => this.stopped(user.id), TYPING_MS) });
    this.#showTyping();
  }

  stopped(userId) {
    clearTimeout(this.writing.get(userId)?.timer);
    if (this.writing.delete(userId)) this.#showTyping();
  }

  #showTyping() {
    const [one, two, third] = [...this.writing.values()].map((person) => person.name);
    if (third) setText(this.typingLine, word("typing-many"));
    else if (two) setText(this.typingLine, word("typing-two", { name: one, other: two }));
    else setText(this.typingLine, one ? word("typing-one", { name: one }) : "");
  }

  #person(person) {
    const element = clone("person-template");
    const avatar = part(element, "avatar");
    avatar.dataset.tint = tintOf(person);
    setText(avatar, initialOf(person.name));
    setText(part(element, "name"), person.id === this.me.id ? word("self", { name: person.name }) : person.name);
    return element;
  }

  #alone() {
    const element = document.createElement("li");
    element.className = "soft small";
    element.textContent = word("nobody");
    return element;
  }
}
