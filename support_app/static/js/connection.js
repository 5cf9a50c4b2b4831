// The wire: one Socket.IO connection and the history over HTTP. Sockets are hints; what counts is asked for again.
import { getJson, postJson } from "./api.js";
import { csrfToken } from "./dom.js";
import { io } from "../vendor/socket.io.esm.min.js";

const ACK_MS = 8000;
const RECONNECT_AFTER_KICK_MS = 2000;
const FINAL = new Set(["not_signed_in", "csrf", "banned", "wrong_origin", "forbidden"]);
const PAGE = 100;

export const PASSED_ON = [
  "message.new",
  "message.edited",
  "message.withdrawn",
  "message.restored",
  "message.state",
  "report.changed",
  "presence",
  "typing",
  "screener.changed",
  "case.changed",
  "talk.changed",
];

/**
 * Opens the connection. `on` is called with ("hello" | "live" | "offline" | "ended" | a server event, payload);
 * "live" comes after every (re)connect, "ended" when it makes no sense to try again.
 */
export function connect(on) {
  const socket = io({
    path: "/socket.io",
    transports: ["websocket"],
    auth: (answer) => answer({ v: 1, csrf: csrfToken() }),
    reconnectionDelay: 800,
    reconnectionDelayMax: 8000,
    randomizationFactor: 0.5,
    timeout: 8000,
  });
  let ended = false;

  const end = (error) => {
    if (ended) return;
    ended = true;
    socket.disconnect();
    on("ended", error);
  };
  socket.on("connect", () => on("live"));
  socket.on("hello", (payload) => on("hello", payload));
  socket.on("session.ended", end);
  socket.on("disconnect", (reason) => {
    if (ended) return;
    on("offline");
    // The server closed it without a word: socket.io leaves that for us to try again.
    if (reason === "io server disconnect") setTimeout(() => !ended && socket.connect(), RECONNECT_AFTER_KICK_MS);
  });
  socket.on("connect_error", (error) => {
    if (error.data?.code && FINAL.has(error.data.code)) return end(error.data);
    on("offline");
    if (!socket.active) setTimeout(() => !ended && socket.connect(), RECONNECT_AFTER_KICK_MS);
  });
  for (const name of PASSED_ON) socket.on(name, (payload) => on(name, payload));

  document.addEventListener("peer:exit", () => {
    ended = true;
    socket.disconnect();
  });
  window.addEventListener("online", () => !ended && !socket.connected && socket.connect());

  return {
    get isLive() {
      return socket.connected;
    },
    /** Sends an event and answers with its acknowledgement; a lost one becomes {ok: false, error: {code: "timeout"}}. */
    ask: (name, payload) =>
      socket
        .timeout(ACK_MS)
        .emitWithAck(name, payload)
        .catch(() => ({ ok: false, error: { code: "timeout" } })),
    typing: (circle) => socket.connected && socket.volatile.emit("typing", { circle }),
  };
}

export const history = {
  latest: (circle) => getJson(`/api/circles/${circle}/events?latest=${PAGE}&limit=500`),
  after: (circle, event) => getJson(`/api/circles/${circle}/events?after=${event}&limit=500`),
  before: (circle, event) => {
    const after = Math.max(0, event - 1 - PAGE);
    return getJson(`/api/circles/${circle}/events?after=${after}&limit=${Math.max(1, event - 1 - after)}`);
  },
};

export const own = {
  withdraw: (id, version) => postJson(`/api/messages/${id}/withdraw`, { version }),
  edit: (id, body) => postJson(`/api/messages/${id}/edit`, body),
  sendOn: (id, version) => postJson(`/api/messages/${id}/send-on`, { version }),
  appeal: (id, version, note) => postJson(`/api/messages/${id}/appeal`, { version, note }),
  report: (id) => postJson(`/api/messages/${id}/report`, {}),
  askToTalk: (id) => postJson(`/api/messages/${id}/talk`, {}),
  dismissCare: (id) => postJson(`/api/messages/${id}/dismiss-care`, {}),
};
