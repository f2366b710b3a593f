// The page's texts about meetings and requests.
import { known, ownZone } from "./zones.js";

export const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" };

// In the time zone that was chosen for the meeting, which is named unless it is the browser's own.
export function when({ startTime, endTime, timeZone }) {
  const zone = known(timeZone);
  try {
    const range = new Intl.DateTimeFormat(undefined, { ...DAY, timeZone: zone }).formatRange(startTime, endTime);
    return zone === ownZone ? range : `${range} (${zone})`;
  } catch {
    return "at a time out of range";
  }
}

export const titleOf = (meeting) => meeting.title || "(no title)";

const OCCASIONS = { again: "sent again", late: "sent late", broken: "bad signature" };

export const isWebhook = ({ kind }) => !["join page", "video system"].includes(kind);

// A redirect sends a visitor to the room. Only 2xx means success to HubSpot.
export const isAccepted = (recorded) => recorded.answer?.status < (isWebhook(recorded) ? 300 : 400);

// Who sent a webhook, or why it was sent again.
export function sender(recorded) {
  if (recorded.occasion !== "received") return OCCASIONS[recorded.occasion] ?? "";
  if (!isWebhook(recorded)) return "";
  const [program] = (recorded.request.headers["user-agent"] ?? "").split(" ");
  return program ? `from ${program.slice(0, 30)}` : "from another program";
}

// The result of a request, in one sentence.
export function meaning(recorded) {
  if (recorded.problem) return `No answer: ${recorded.problem}`;
  if (recorded.kind === "join page") return visit(recorded);
  if (recorded.kind === "video system") return admission(recorded);
  const { kind, effect, answer: { status, body } } = recorded;
  if (status === 401) return "Refused: the signature is wrong or too old";
  if (status === 404 && kind === "verify") return "No such user, so the host can’t schedule";
  if (status === 503) return "The store can’t be reached; the same request may succeed later";
  if (status >= 300) return body?.message ?? "Not accepted";
  if (kind === "verify") return `The host is known as ${body?.id}`;
  if (effect === null) return "Accepted; its change isn’t visible in this store";
  const nothing = effect === "nothing";
  switch (kind) {
    case "create": return nothing ? "The conference already existed; the same link" : "A conference was created";
    case "update": return nothing ? "Nothing changed: the stored meeting is the same or newer" : `Changed ${changed(recorded)}`;
    default: return nothing ? "It was already deleted" : "Permanently deleted";
  }
}

const PAGES = {
  open: "The page asks for the visitor’s name",
  early: "The page says that the meeting starts later",
  cancelled: "The page says that the meeting was cancelled",
  over: "The page says that the meeting is over",
  unknown: "The page says that there is no such meeting",
  unavailable: "The page asks the visitor to try again: the store or the video system doesn’t answer",
  host: "From now on this browser joins as host",
};

function visit({ answer: { status, headers, body } }) {
  if (headers.location) return `The visitor goes on to ${headers.location}`;
  if (status === 422) return "The visitor’s name was refused";
  const state = /data-state="(\w+)"/.exec(body)?.[1];
  return PAGES[state] ?? "An answer without a page";
}

function admission({ request, isWhole, answer: { status } }) {
  if (status === 401) return "Refused: the signature is wrong";
  if (status >= 300) return "Nobody was let in";
  if (!isWhole) return "The visitor may enter";
  const { name, role } = JSON.parse(request.body).data;
  return `${name ?? "The visitor"} may enter as ${role}`;
}

function changed(recorded) {
  const bookkeeping = ["revision", "updatedAt", "expiresAt"];
  const names = (recorded.effect?.changed ?? []).filter((name) => !bookkeeping.includes(name));
  return names.length ? names.join(", ") : "no detail of the meeting";
}

export function headline(recorded) {
  const time = recorded.answer ? `${recorded.answer.status} in ${millis(recorded)}. ` : "";
  return `${recorded.kind}, ${OCCASIONS[recorded.occasion] ?? "sent"}: ${time}${meaning(recorded)}`;
}

export const millis = ({ answer }) => `${answer.millis.toFixed(answer.millis < 10 ? 1 : 0)} ms`;

// A stored time in readable form; `expiresAt` is in seconds, as DynamoDB's time to live requires.
export function moment(name, time) {
  try {
    const date = new Date(name === "expiresAt" ? time * 1000 : time);
    return `${date.toISOString().replace("T", " ").slice(0, 19)} UTC`;
  } catch {
    return "out of range";
  }
}
