// A talk with a volunteer: how it stands, the sentences of the guide, and the volunteer's claim kept alive while they are here.
import { getJson, postJson } from "./api.js";
import { part, setText, show } from "./dom.js";

const KEEP_ALIVE_MS = 60000;

/** Null in an ordinary circle; otherwise `refresh` asks the server how the talk stands now. */
export function startSideRoom({ circle, composer, tell }) {
  const strip = document.getElementById("talk");
  if (!strip) return null;
  strip.addEventListener("click", (event) => {
    const button = event.target.closest('[data-action="suggest"]');
    if (button) composer.offer(button.textContent.trim());
  });
  if (strip.dataset.keepAlive) keepAlive(strip.dataset.keepAlive, tell);
  return { refresh: () => refresh(strip, circle) };
}

async function refresh(strip, circle) {
  const talk = await getJson(`/api/circles/${circle}/talk`).catch(() => null); // the next look at the room asks again
  if (!talk) return;
  strip.dataset.state = talk.state;
  setText(document.getElementById("room-name"), talk.title);
  part(strip, "lines").replaceChildren(...talk.lines.map(lineOf));
  const open = talk.state !== "ended";
  show(document.getElementById("composer"), open);
  const end = part(strip, "end");
  if (end) show(end, open);
}

function lineOf(text) {
  const line = document.createElement("p");
  line.textContent = text;
  return line;
}

function keepAlive(path, tell) {
  const timer = setInterval(async () => {
    try {
      await postJson(path, {});
    } catch (error) {
      if (error.status === 0) return;
      clearInterval(timer);
      tell(error.message);
    }
  }, KEEP_ALIVE_MS);
}
