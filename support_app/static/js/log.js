// The list of messages: keeps one element per message, days between them, and the reader's place.
import { clone, part, setText, show } from "./dom.js";
import { createMessage, fits, updateMessage } from "./message-view.js";
import { dayOf, formatTime } from "./times.js";
import { word } from "./words.js";

const NEAR_PX = 80;
const TOGETHER_MS = 5 * 60 * 1000;

export class Log {
  constructor({ log, scroll, jump, empty, skeleton }) {
    Object.assign(this, { log, scroll, jump, empty, skeleton });
    this.elements = new Map(); // key -> {element, signature}
    this.unread = 0;
    this.lastEvent = 0;
    this.atEnd = true;
    scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    jump.addEventListener("click", () => this.toEnd());
    new ResizeObserver(() => this.#resized()).observe(scroll);
  }

  render(views, { loaded }) {
    const stay = this.atEnd;
    const fresh = this.#place(views, loaded);
    show(this.skeleton, !loaded);
    show(this.empty, loaded && views.length === 0);
    if (loaded && this.log.getAttribute("aria-busy") === "true") this.log.setAttribute("aria-busy", "false");
    if (stay || fresh.some((view) => view.mine)) this.toEnd("instant");
    else this.unread += fresh.filter((view) => !view.mine).length;
    this.#showJump();
  }

  /** Older messages are put above without moving what the reader is looking at. */
  keepPlace(change) {
    const before = this.scroll.scrollHeight - this.scroll.scrollTop;
    change();
    this.scroll.scrollTop = this.scroll.scrollHeight - before;
  }

  toEnd(behavior = "smooth") {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : behavior;
    this.scroll.scrollTo({ top: this.scroll.scrollHeight, behavior: calm });
    this.atEnd = true;
    this.unread = 0;
    this.#showJump();
  }

  elementOf(key) {
    return this.elements.get(key)?.element ?? null;
  }

  #place(views, loaded) {
    const wanted = this.#withDays(views);
    const keys = new Set(wanted.map((item) => item.key));
    const newest = this.newestKey;
    const firstTime = !this.wasLoaded;
    const fresh = [];
    for (const [key, { element }] of this.elements) {
      if (!keys.has(key)) {
        element.remove();
        this.elements.delete(key);
      }
    }
    let seenNewest = newest === undefined || !keys.has(newest);
    const placed = wanted.map((item) => ({ item, isNew: !this.elements.has(item.key), element: this.#elementFor(item) }));
    let cursor = this.log.firstElementChild;
    for (const { item, isNew, element } of placed) {
      if (element === cursor) cursor = cursor.nextElementSibling;
      else this.log.insertBefore(element, cursor);
      const isLate = item.view?.event > this.lastEvent; // released: its place is further up
      if (isNew && item.view && (seenNewest || isLate) && loaded && !firstTime) {
        element.classList.add("is-new");
        fresh.push(item.view);
      }
      if (item.key === newest) seenNewest = true;
    }
    this.newestKey = views.at(-1)?.key;
    this.lastEvent = Math.max(this.lastEvent, ...views.map((view) => view.event));
    this.wasLoaded = loaded;
    return fresh;
  }

  #elementFor(item) {
    const known = this.elements.get(item.key);
    const signature = JSON.stringify(item);
    if (known?.signature === signature) return known.element;
    const keep = known && (!item.view || fits(known.element, item.view));
    const element = keep ? known.element : item.view ? createMessage(item.view) : clone("day-template");
    if (known && !keep) known.element.replaceWith(element);
    if (item.view) updateMessage(element, item.view, item);
    else setText(part(element, "text"), item.text);
    this.elements.set(item.key, { element, signature });
    return element;
  }

  #withDays(views) {
    const items = [];
    let before = null;
    for (const view of views) {
      const day = dayOf(view.sentAt);
      if (!before || dayOf(before.sentAt) !== day) items.push({ key: `day-${day}-${view.key}`, text: dayWords(view.sentAt) });
      items.push({ key: view.key, view, follows: isTogether(before, view) });
      before = view;
    }
    return items;
  }

  #resized() {
    this.height = this.scroll.clientHeight;
    if (this.atEnd) this.toEnd("instant");
  }

  #scrolled() {
    if (this.scroll.clientHeight !== this.height) return; // the composer grew or shrank, nobody scrolled
    this.atEnd = this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < NEAR_PX;
    if (this.atEnd) this.unread = 0;
    this.#showJump();
  }

  #showJump() {
    show(this.jump, !this.atEnd);
    const text = this.unread === 0 ? word("newest") : this.unread === 1 ? word("new-one") : word("new-many", { count: this.unread });
    setText(part(this.jump, "text"), text);
  }
}

function isTogether(before, view) {
  if (!before || before.state === "withdrawn" || before.author.id !== view.author.id) return false;
  if (view.releasedAt || view.quote || before.notice || before.care || dayOf(before.sentAt) !== dayOf(view.sentAt)) return false;
  return Date.parse(view.sentAt) - Date.parse(before.sentAt) < TOGETHER_MS;
}

function dayWords(moment) {
  const today = new Date();
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (dayOf(moment) === dayOf(today)) return word("today");
  if (dayOf(moment) === dayOf(yesterday)) return word("yesterday");
  return formatTime(moment, "day");
}
