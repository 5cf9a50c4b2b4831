// The sentences that scripts show. They stand, translated, in the page's <template id="words">.

const sentences = new Map();

function load() {
  const template = document.getElementById("words");
  for (const element of template?.content.querySelectorAll("[data-word]") ?? []) {
    sentences.set(element.dataset.word, element.textContent);
  }
}

export function word(name, values = {}) {
  if (sentences.size === 0) load();
  return (sentences.get(name) ?? "").replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}
