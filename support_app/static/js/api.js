// JSON over HTTP. Every refusal becomes an ApiError with the server's own sentence.
import { csrfToken } from "./dom.js";
import { word } from "./words.js";

const TIMEOUT_MS = 12000;

export class ApiError extends Error {
  constructor({ code, message, retry_after: retryAfter = null }, status) {
    super(message);
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

export async function getJson(path) {
  return request(path, { method: "GET" });
}

export async function postJson(path, body) {
  return request(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
  });
}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, {
      ...options,
      headers: { Accept: "application/json", ...options.headers },
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new ApiError({ code: "unreachable", message: word("unreachable") }, 0);
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body) return body;
  throw new ApiError(body?.error ?? { code: "failed", message: word("unreachable") }, response.status);
}
