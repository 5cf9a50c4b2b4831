// Small helpers around the page's own markup: templates are cloned, text is only ever set as text.

export function clone(templateId) {
  return document.getElementById(templateId).content.firstElementChild.cloneNode(true);
}

export function part(root, name) {
  return root.querySelector(`[data-part="${name}"]`);
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]').content;
}

export const locale = document.documentElement.lang || "en";
