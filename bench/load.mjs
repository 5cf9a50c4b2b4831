// The load generator: plays members who write and read. Takes a plan as JSON on standard input, answers with lines of JSON on standard output.
// It is a process of its own in another language so that it costs little beside the server that shares its cores.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { io } from "socket.io-client";

const plan = JSON.parse(readFileSync(0, "utf8"));
const { lines, openings, endings, flagged } = JSON.parse(readFileSync(new URL("lines.json", import.meta.url), "utf8"));

const PATIENCE_MS = 15_000; // for one message; what takes longer is counted as lost
const CONNECT_MS = 60_000;
const WAITS_FOR_THE_CHECK = "Waiting for the check"; // held because the screener did not answer within two seconds
const AT_ONCE = 16; // connections being opened

const underway = new Map(); // client_id -> message that not everybody has yet
const received = new Map(); // client_id -> how many members received it
const tally = { accepted: 0, refused: 0, delivered: 0, delayed: 0, withheld: 0, withheldThoughOrdinary: 0, lost: 0, deliveredThoughFlagged: 0 };
const refusals = {}; // code -> how often
let sentCount = 0;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const pick = (list) => list[Math.floor(Math.random() * list.length)];
const percentile = (sorted, share) => (sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] : null);

function nextText() {
  sentCount += 1;
  if (plan.flaggedEvery && sentCount % plan.flaggedEvery === 0) return [pick(flagged), true];
  return [pick(openings) + pick(lines) + pick(endings), false];
}

function settle(message, outcome) {
  if (!underway.delete(message.clientId)) return;
  clearTimeout(message.timer);
  tally[outcome] += 1;
  if (outcome === "withheld" && !message.isFlagged) tally.withheldThoughOrdinary += 1;
  if (outcome === "delivered" && message.isFlagged) tally.deliveredThoughFlagged += 1;
  message.done({ outcome, ms: performance.now() - message.began, at: performance.now() });
}

function send(circle, member) {
  return new Promise((done) => {
    const clientId = randomUUID();
    const [text, isFlagged] = nextText();
    const message = { clientId, isFlagged, missing: circle.members.length, began: performance.now(), done };
    message.timer = setTimeout(() => settle(message, "lost"), PATIENCE_MS);
    underway.set(clientId, message);
    member.socket.emit("message.send", { circle: circle.circle, client_id: clientId, text }, (answer) => {
      if (answer.ok) {
        tally.accepted += 1;
        return;
      }
      refusals[answer.error.code] = (refusals[answer.error.code] ?? 0) + 1;
      settle(message, "refused");
    });
  });
}

function onNew({ client_id: clientId }) {
  received.set(clientId, (received.get(clientId) ?? 0) + 1);
  const message = underway.get(clientId);
  if (message && --message.missing === 0) settle(message, "delivered");
}

function onState({ client_id: clientId, state, notice }) {
  const message = underway.get(clientId);
  if (!message || (state !== "held" && state !== "nudged")) return;
  if (notice?.title === WAITS_FOR_THE_CHECK) tally.delayed += 1; // goes on by itself: its time keeps running
  else settle(message, "withheld");
}

async function connect(circle, member) {
  const headers = { Origin: plan.origin, ...(member.cookie ? { Cookie: member.cookie } : {}) };
  const auth = { v: 1, csrf: member.csrf ?? "" };
  member.socket = io(plan.url, { transports: ["websocket"], forceNew: true, reconnection: false, timeout: CONNECT_MS, extraHeaders: headers, auth });
  member.socket.on("message.new", onNew);
  member.socket.on("message.state", onState);
  await new Promise((resolve, reject) => {
    member.socket.once("connect", resolve);
    member.socket.once("connect_error", reject);
  });
  const answer = await member.socket.timeout(CONNECT_MS).emitWithAck("circle.enter", { circle: circle.circle });
  if (!answer.ok) throw new Error(`circle.enter was refused: ${answer.error.code}`);
}

async function connectAll(circles) {
  const waiting = circles.flatMap((circle) => circle.members.map((member) => [circle, member]));
  const worker = async () => {
    for (let pair = waiting.pop(); pair; pair = waiting.pop()) await connect(...pair);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

// One sender in each circle at a time; the next one writes when everybody has the message.
async function closedLoop(circles, { warmup, seconds }) {
  const from = performance.now() + warmup * 1000;
  const until = from + seconds * 1000;
  const latencies = [];
  const talk = async (circle) => {
    for (let turn = 0; performance.now() < until; turn += 1) {
      const result = await send(circle, circle.members[turn % circle.members.length]);
      if (result.outcome === "delivered" && result.at >= from && result.at < until) latencies.push(result.ms);
    }
  };
  await Promise.all(circles.map(talk));
  return { latencies, rate: latencies.length / seconds };
}

// A steady stream, whatever becomes of it; circles and members take turns.
async function paced(circles, { warmup, seconds, rate }) {
  const began = performance.now();
  const total = Math.round(rate * (warmup + seconds));
  const late = [];
  const results = [];
  for (let number = 0; number < total; number += 1) {
    const due = began + (number * 1000) / rate;
    const ahead = due - performance.now();
    if (ahead > 0) await sleep(ahead);
    const circle = circles[number % circles.length];
    const member = circle.members[Math.floor(number / circles.length) % circle.members.length];
    const result = send(circle, member);
    if (number >= rate * warmup) {
      late.push(performance.now() - due);
      results.push(result);
    }
  }
  const settled = await Promise.all(results);
  const latencies = settled.filter(({ outcome }) => outcome === "delivered").map(({ ms }) => ms);
  return { latencies, rate: latencies.length / seconds, generatorLateP99: percentile(late.sort((a, b) => a - b), 0.99) };
}

async function measure(circles, phase) {
  const cpu = process.cpuUsage();
  const before = { ...tally };
  const result = await (phase.kind === "closed" ? closedLoop : paced)(circles, phase);
  const { user, system } = process.cpuUsage(cpu);
  const sorted = result.latencies.sort((a, b) => a - b);
  const counts = Object.fromEntries(Object.keys(tally).map((key) => [key, tally[key] - before[key]]));
  const { latencies: _, ...rest } = result;
  return { ...rest, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), highest: sorted.at(-1) ?? null, counts, generatorCpuSeconds: (user + system) / 1e6 };
}

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

await connectAll(plan.circles);
const phases = {};
for (const phase of plan.phases) {
  await sleep(500);
  say({ began: phase.name });
  phases[phase.name] = await measure(plan.circles, phase);
  say({ ended: phase.name });
}
await sleep(500); // for copies that should not come
const copies = [...received.values()].reduce((sum, count) => sum + count, 0);
say({ result: { phases, tally, refusals, copies, messagesSeen: received.size } });
for (const { members } of plan.circles) for (const { socket } of members) socket.close();
