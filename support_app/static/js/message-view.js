// One message on the page: made from the template once, then brought up to date.
import { fillCare } from "./care-card.js";
import { clone, part, setText, show } from "./dom.js";
import { fillNotice } from "./notice-view.js";
import { formatTime } from "./times.js";
import { word } from "./words.js";

const TINTS = 6;

export function tintOf(person) {
  return String((Number(person.id) % TINTS) + 1);
}

export function initialOf(name) {
  return [...(name ?? "?").trim()][0]?.toLocaleUpperCase() ?? "?";
}

export function createMessage(view) {
  if (view.state === "withdrawn") return clone("withdrawn-template");
  return clone("message-template");
}

/** Whether the element made for an earlier state can show this one. */
export function fits(element, view) {
  return element.matches(".withdrawn") === (view.state === "withdrawn");
}

export function updateMessage(element, view, { follows }) {
  element.dataset.state = view.state;
  element.dataset.mine = view.mine ? "true" : "false";
  element.dataset.key = view.key;
  if (view.id !== null) element.dataset.messageId = view.id;
  if (view.state === "withdrawn") return fillWithdrawn(element, view);
  element.classList.toggle("is-mine", view.mine);
  element.classList.toggle("follows", follows);
  element.classList.toggle("has-times", Boolean(view.releasedAt) || view.edited);
  const avatar = part(element, "avatar");
  avatar.dataset.tint = tintOf(view.author);
  setText(avatar, initialOf(view.author.name));
  setText(part(element, "author"), view.mine ? word("you") : view.author.name);
  setText(part(element, "times"), timesOf(view));
  setText(part(element, "text"), view.text);
  fillQuote(part(element, "quote"), view.quote);
  fillState(part(element, "state"), view);
  fillActions(part(element, "actions"), view.actions, iconButton);
  fillActions(part(element, "tries"), view.state === "failed" ? failedActions(view) : [], actionButton);
  fillNotice(part(element, "notice"), view);
  fillCare(part(element, "care"), view);
}

function fillWithdrawn(element, view) {
  element.classList.toggle("is-mine", view.mine);
  setText(part(element, "text"), withdrawnWords(view));
}

function withdrawnWords(view) {
  if (view.by === "team") return word("taken-out");
  return view.mine ? word("withdrawn-own") : word("withdrawn", { name: view.author.name });
}

function timesOf(view) {
  const sent = formatTime(view.sentAt);
  const times = view.releasedAt ? word("released-times", { sent, shown: formatTime(view.releasedAt) }) : sent;
  return view.edited ? `${times} · ${word("edited")}` : times;
}

function fillQuote(element, quote) {
  show(element, quote !== null);
  if (quote === null) return;
  if (quote.gone) return setText(element, word("quote-gone"));
  setText(element, quote.author === null ? word("quote-earlier") : `${word("replying", { name: quote.author })} ${quote.text}`);
}

function fillState(element, view) {
  const text = stateWords(view);
  show(element, Boolean(text));
  setText(element, text);
}

/** The state in words; a notice below says more, so it is not said twice. */
function stateWords(view) {
  if (view.report) return word(`report-${view.report}`);
  if (!view.mine || view.notice) return "";
  if (view.state === "failed") return [word("failed"), view.error?.message].filter(Boolean).join(". ");
  if (view.state === "delivered") return view.fresh ? word("delivered") : "";
  return word(view.state);
}

function failedActions(view) {
  return view.error?.code === "too_long" || view.error?.code === "blank" ? ["edit", "discard"] : ["retry", "edit", "discard"];
}

function fillActions(element, actions, make) {
  const wanted = actions.join(" ");
  if (element.dataset.actions === wanted) return;
  element.dataset.actions = wanted;
  element.replaceChildren(...actions.map(make));
}

function iconButton(action) {
  const button = clone(`icon-${action}-template`);
  button.dataset.action = action;
  button.dataset.testid = `action-${action}`;
  button.title = word(`action-${action}`);
  button.setAttribute("aria-label", button.title);
  return button;
}

export function actionButton(action) {
  const button = clone("action-template");
  button.dataset.action = action;
  button.dataset.testid = `action-${action}`;
  button.textContent = word(`action-${action}`);
  return button;
}
