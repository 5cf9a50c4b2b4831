// How a volunteer is reached: notifications in this browser, and what came of a test.
import { getJson, postJson } from "./api.js";
import { part, setText, show } from "./dom.js";
import { word } from "./words.js";

const LOOK_EVERY_MS = 1500;
const push = document.getElementById("push");
const outcome = document.getElementById("outcome");

function tell(name) {
  setText(part(push, "state"), word(name));
  show(part(push, "on"), name === "push-off" || name === "push-failed");
  show(part(push, "off"), name === "push-on");
}

async function subscription() {
  const registration = await navigator.serviceWorker.getRegistration(push.dataset.worker);
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** A service worker can subscribe once it is active. */
async function activeWorker() {
  const registration = await navigator.serviceWorker.register(push.dataset.worker);
  const starting = registration.installing ?? registration.waiting;
  if (!registration.active && starting) {
    await new Promise((resolve) => starting.addEventListener("statechange", () => starting.state === "activated" && resolve()));
  }
  return registration;
}

/** Asks for permission; called by a click and never otherwise. */
async function turnOn() {
  if ((await Notification.requestPermission()) !== "granted") return tell("push-denied");
  const registration = await activeWorker();
  const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: push.dataset.key });
  await postJson(push.dataset.add, made.toJSON());
  tell("push-on");
}

async function turnOff() {
  const made = await subscription();
  if (made) {
    await postJson(push.dataset.remove, { endpoint: made.endpoint });
    await made.unsubscribe();
  }
  tell("push-off");
}

function onClick(name, action) {
  part(push, name).addEventListener("click", async () => {
    try {
      await action();
    } catch (error) {
      tell("push-failed");
      if (error.code) setText(part(push, "state"), error.message);
    }
  });
}

async function startPush() {
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return tell("push-missing");
  onClick("on", turnOn);
  onClick("off", turnOff);
  if (Notification.permission === "denied") return tell("push-denied");
  tell((await subscription()) ? "push-on" : "push-off");
}

async function lookAtOutcome() {
  const { under_way: underWay, results } = await getJson(outcome.dataset.url);
  results.forEach((result, index) => {
    const item = outcome.children[index];
    if (!item) return;
    item.dataset.state = result.state;
    setText(part(item, "words"), result.words);
  });
  return underWay;
}

async function watchOutcome() {
  const underWay = await lookAtOutcome().catch(() => true);
  if (underWay) setTimeout(watchOutcome, LOOK_EVERY_MS);
}

startPush();
if (outcome.dataset.underWay === "yes") watchOutcome();
