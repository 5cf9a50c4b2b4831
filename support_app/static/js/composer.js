// Where one writes: grows with the text, keeps a draft in this tab, counts near the limit.
import { part, setText, show } from "./dom.js";
import { forget, recall, remember } from "./storage.js";
import { word } from "./words.js";

const COUNT_FROM = 0.85;
const TYPING_MS = 2000;

export class Composer {
  /** `submit({text, mode})` answers whether the text was taken over; mode is null, {kind: "reply"} or {kind: "edit"}. */
  constructor(form, { name, textMax, submit, typing }) {
    Object.assign(this, { form, name, textMax, submit, typing });
    this.text = form.querySelector("textarea");
    this.button = form.querySelector('[type="submit"]');
    this.about = form.querySelector("#composer-about");
    this.counter = form.querySelector("#counter");
    this.mode = null;
    this.aside = ""; // what stood here before a message was opened for changing
    this.lastTyping = -Infinity; // the first key counts, however early
    this.busy = false;
    this.#bind();
    this.set(recall(name) ?? "");
  }

  set(text) {
    this.text.value = text;
    this.#changed();
  }

  reply(view) {
    this.#leaveEdit();
    this.mode = { kind: "reply", id: view.id };
    this.#showAbout(word("replying", { name: view.author.name }), view.text);
    this.text.focus();
  }

  /** Opens a text for changing; `key` names it for whoever takes the submit. */
  edit({ id, version, text, key = null }) {
    if (this.mode?.kind !== "edit") this.aside = this.text.value;
    this.mode = { kind: "edit", id, version, key, clientId: crypto.randomUUID() };
    this.#showAbout(word("editing"), word("edit-note"));
    this.set(text);
    this.text.focus();
    this.text.setSelectionRange(text.length, text.length);
  }

  /** Puts a text that could not be sent back here, without losing what is being written. */
  takeBack(text) {
    this.set([text, this.text.value].filter((piece) => piece.trim()).join("\n\n"));
    this.text.focus();
  }

  /** Puts a sentence after what is being written; whoever writes decides whether it is sent. */
  offer(text) {
    this.set([this.text.value.trimEnd(), text].filter(Boolean).join(" "));
    this.text.focus();
  }

  cancel() {
    if (this.mode?.kind === "edit") this.#leaveEdit();
    this.mode = null;
    show(this.about, false);
    this.text.focus();
  }

  #leaveEdit() {
    if (this.mode?.kind !== "edit") return;
    this.mode = null;
    this.set(this.aside);
    this.aside = "";
  }

  #bind() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.text.addEventListener("input", () => this.#changed(true));
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.mode) return this.cancel();
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || onTouch()) return;
      event.preventDefault();
      this.#send();
    });
    part(this.about, "cancel").addEventListener("click", () => this.cancel());
    document.addEventListener("peer:exit", () => this.set(""));
  }

  async #send() {
    const text = this.text.value.trim();
    if (!text || this.busy || lengthOf(text) > this.textMax) return this.text.focus();
    this.busy = true;
    try {
      if (!(await this.submit({ text, mode: this.mode }))) return;
      const aside = this.mode?.kind === "edit" ? this.aside : "";
      this.mode = null;
      this.aside = "";
      show(this.about, false);
      this.set(aside);
      this.text.focus();
    } finally {
      this.busy = false;
    }
  }

  #changed(byHand = false) {
    const { text } = this;
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight + 2}px`;
    this.#count();
    const draft = this.mode?.kind === "edit" ? this.aside : text.value;
    if (draft.trim()) remember(this.name, draft);
    else forget(this.name);
    if (byHand && text.value.trim() && performance.now() - this.lastTyping > TYPING_MS) {
      this.lastTyping = performance.now();
      this.typing();
    }
  }

  #count() {
    const left = this.textMax - lengthOf(this.text.value);
    const words = left < 0 ? word("over", { count: -left }) : left < this.textMax * (1 - COUNT_FROM) ? word("left", { count: left }) : "";
    setText(this.counter, words);
    this.counter.classList.toggle("is-over", left < 0);
    this.button.setAttribute("aria-disabled", String(left < 0 || !this.text.value.trim()));
    this.text.setAttribute("aria-invalid", String(left < 0));
  }

  #showAbout(title, quote) {
    setText(part(this.about, "title"), title);
    setText(part(this.about, "quote"), quote);
    show(this.about, true);
  }
}

/** Characters as the server counts them. */
function lengthOf(text) {
  return [...text.normalize("NFC")].length;
}

function onTouch() {
  return matchMedia("(hover: none) and (pointer: coarse)").matches;
}
