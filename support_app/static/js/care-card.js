// The care card: private, under the message it answers, put away with "Not now".
import { clone, part, setText, show } from "./dom.js";
import { formatTime } from "./times.js";

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
}

/** Whether anybody has answered, and since when that is so. */
function fillStatus(element, status) {
  const place = part(element, "status");
  place.dataset.code = status?.code ?? "";
  setText(part(element, "status-text"), status?.text ?? "");
  setText(part(element, "status-since"), status ? formatTime(status.since) : "");
  show(place, Boolean(status));
}
