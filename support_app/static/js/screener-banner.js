// The strip that says that messages cannot be checked right now.
import { part, show } from "./dom.js";

export function showScreener(state) {
  const banner = document.querySelector('[data-testid="screener-banner"]');
  if (!banner || !state) return;
  banner.dataset.screener = state;
  show(part(banner, "text"), state === "unavailable");
}
