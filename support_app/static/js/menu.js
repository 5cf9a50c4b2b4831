// The menu on small screens, and panels that close again on Escape or a tap elsewhere.

export function startMenu() {
  const button = document.querySelector(".menu-button");
  const nav = document.getElementById("site-nav");
  const toggle = (open) => {
    nav.classList.toggle("open", open);
    button.setAttribute("aria-expanded", String(open));
  };
  button?.addEventListener("click", () => toggle(button.getAttribute("aria-expanded") !== "true"));
  document.addEventListener("click", (event) => closePopovers((popover) => !popover.contains(event.target)));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (nav.classList.contains("open")) {
      toggle(false);
      button.focus();
    }
    closePopovers((popover) => {
      if (popover.contains(document.activeElement)) popover.querySelector("summary").focus();
      return true;
    });
  });
}

function closePopovers(which) {
  for (const popover of document.querySelectorAll("details.popover[open]")) {
    if (which(popover)) popover.open = false;
  }
}
