// The page's texts about meetings and webhooks.

export const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });

export function when(meeting) {
  try {
    return day.formatRange(meeting.startTime, meeting.endTime);
  } catch {
    return "at a time out of range";
  }
}

export const titleOf = (meeting) => meeting.title || "(no title)";

export const OCCASIONS = { again: "sent again", late: "sent late", broken: "signature broken" };

// The result of a webhook, in one sentence.
export function meaning(sent) {
  if (sent.problem) return `No answer: ${sent.problem}`;
  const { status, body } = sent.answer;
  if (status === 401) return "Refused: the signature is wrong or too old";
  if (status === 404 && sent.webhook === "verify") return "No such user, so the host can’t schedule";
  if (status === 503) return "The store can’t be reached; the same request may succeed later";
  if (status >= 300) return body?.message ?? "Not accepted";
  if (sent.webhook === "verify") return `The host is known as ${body?.id}`;
  if (sent.effect === null) return "Accepted; this store doesn’t show what it changed";
  const nothing = sent.effect === "nothing";
  switch (sent.webhook) {
    case "create": return nothing ? "The conference already existed; the same link" : "A conference was created";
    case "update": return nothing ? "Nothing changed: what is stored is as new or newer" : `Changed ${changed(sent)}`;
    default: return nothing ? "It was already deleted" : "Permanently deleted";
  }
}

function changed(sent) {
  const bookkeeping = ["revision", "updatedAt", "expiresAt"];
  const names = (sent.effect?.changed ?? []).filter((name) => !bookkeeping.includes(name));
  return names.length ? names.join(", ") : "no detail of the meeting";
}

export function headline(sent) {
  const time = sent.answer ? `${sent.answer.status} in ${millis(sent)}. ` : "";
  return `${sent.webhook}, ${OCCASIONS[sent.occasion] ?? "sent"}: ${time}${meaning(sent)}`;
}

export const millis = (sent) => `${sent.answer.millis.toFixed(sent.answer.millis < 10 ? 1 : 0)} ms`;

// A stored time in readable form; DynamoDB takes the time of expiry in seconds.
export function moment(name, time) {
  try {
    const date = new Date(name === "expiresAt" ? time * 1000 : time);
    return `${date.toISOString().replace("T", " ").slice(0, 19)} UTC`;
  } catch {
    return "out of range";
  }
}
