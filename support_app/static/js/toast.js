// A short word at the bottom of the page, with one thing to do about it.
import { clone, part, setText } from "./dom.js";
import { word } from "./words.js";

const MS = 12000;

export function toast(text, { label = word("close"), action = null } = {}) {
  const element = clone("toast-template");
  setText(part(element, "text"), text);
  const button = part(element, "action");
  setText(button, label);
  const timer = action ? null : setTimeout(() => element.remove(), MS);
  button.addEventListener("click", () => {
    clearTimeout(timer);
    element.remove();
    action?.();
  });
  document.getElementById("toasts").replaceChildren(element);
}
