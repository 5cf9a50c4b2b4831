// The care card: private, under the message it answers, put away with "Not now". It says truly how far a talk with a volunteer has come.
import { clone, part, setText, show } from "./dom.js";
import { formatTime } from "./times.js";
import { word } from "./words.js";

export function fillCare(place, view) {
  if (!view.care) return place.replaceChildren();
  const element = place.firstElementChild ?? place.appendChild(clone("care-template"));
  const title = part(element, "title");
  title.id = `care-${view.careOf}`;
  element.setAttribute("aria-labelledby", title.id);
  setText(title, view.care.title);
  setText(part(element, "text"), view.care.text);
  fillStatus(element, view.care.status);
  part(element, "helplines").href = view.care.helplines_url;
  part(element, "dismiss").dataset.action = "dismiss-care";
  fillTalk(element, view.care.talk);
}

/** Without a talk there is nobody else to ask: the card stands inside a talk already. */
function fillTalk(element, talk) {
  const state = talk?.state ?? "none";
  element.dataset.talk = state;
  const text = part(element, "talk-text");
  setText(text, talk?.text ?? "");
  show(text, Boolean(talk?.text));
  for (const button of element.querySelectorAll('[data-part="ask"]')) show(button, state === "offered" || state === "ended");
  for (const link of element.querySelectorAll('[data-part="talk-link"]')) {
    show(link, Boolean(talk?.url));
    if (talk?.url) link.href = talk.url;
    setText(link, word(state === "ended" ? "talk-read" : "talk-enter"));
  }
}

/** Whether anybody has answered, and since when that is so. */
function fillStatus(element, status) {
  const place = part(element, "status");
  place.dataset.code = status?.code ?? "";
  setText(part(element, "status-text"), status?.text ?? "");
  setText(part(element, "status-since"), status ? formatTime(status.since) : "");
  show(place, Boolean(status));
}
