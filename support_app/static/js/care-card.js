// The care card: private, under the message it answers, put away with "Not now".
import { clone, part, setText } from "./dom.js";

export function fillCare(place, view) {
  if (!view.care) return place.replaceChildren();
  const element = place.firstElementChild ?? place.appendChild(clone("care-template"));
  const title = part(element, "title");
  title.id = `care-${view.careOf}`;
  element.setAttribute("aria-labelledby", title.id);
  setText(title, view.care.title);
  setText(part(element, "text"), view.care.text);
  part(element, "helplines").href = view.care.helplines_url;
  part(element, "dismiss").dataset.action = "dismiss-care";
}
