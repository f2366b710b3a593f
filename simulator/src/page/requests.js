// The record of requests. Everything in it is untrusted and inserted as text, never as HTML.
import { copyPart } from "./copy.js";
import { matches } from "./filter.js";
import { goToMeeting, meetingOf } from "./meetings.js";
import { pretty } from "./pretty.js";
import { announce, busy } from "./result.js";
import { call, refresh } from "./system.js";
import { clone } from "./template.js";
import { clock, headline, isAccepted, isWebhook, meaning, millis, moment, sender, titleOf } from "./words.js";

const get = (id) => document.getElementById(id);
const list = get("request-list");
const items = new Map();

export function forgetRequests() {
  list.replaceChildren();
  items.clear();
}

// Shows the requests, which come newest first. The system drops the oldest ones.
export function showRequests(requests, areNew) {
  for (const recorded of requests.toReversed()) {
    if (!items.has(recorded.id)) add(recorded, areNew);
  }
  const kept = new Set(requests.map(({ id }) => id));
  for (const [id, { element }] of items) {
    if (!kept.has(id)) {
      element.remove();
      items.delete(id);
    }
  }
}

// Applies the filter, and shows which meeting each request is about.
export function filterRequests() {
  let shown = 0;
  for (const { element, part, recorded } of items.values()) {
    element.hidden = !matches(recorded);
    shown += element.hidden ? 0 : 1;
    const { conferenceId: id, title } = recorded;
    const meeting = meetingOf(id);
    const name = meeting ? titleOf(meeting) : id && titleOf({ title });
    part("meeting").hidden = !id;
    part("meeting-title").textContent = name ?? "";
    part("conference").textContent = id ? `· ${id.slice(0, 8)}…` : "";
    part("its-meeting").hidden = !meeting;
  }
  get("no-match").hidden = shown > 0 || items.size === 0;
}

export const requestCount = ({ conferenceId }) =>
  [...items.values()].filter(({ recorded }) => recorded.conferenceId === conferenceId).length;

// Keeps the content in place when items appear above it, by scrolling back.
export function keepPlace() {
  const all = [...list.children];
  const read = all.find((item) => item.querySelector("details").open)
    ?? (scrollY > 0 ? all.find((item) => item.getBoundingClientRect().bottom > 0) : undefined);
  const before = read?.getBoundingClientRect().top;
  return () => {
    if (read?.isConnected && !read.hidden) scrollBy({ top: read.getBoundingClientRect().top - before, behavior: "instant" });
  };
}

export function updateStored() {
  for (const { element, part, recorded } of items.values()) {
    if (element.querySelector("details").open) showStored(recorded, part);
  }
}

function add(recorded, isNew) {
  const [element, part] = clone("request-template");
  const { request, answer } = recorded;
  part("status").textContent = answer?.status ?? "none";
  part("status").classList.toggle("bad", !isAccepted(recorded));
  part("name").textContent = recorded.kind;
  part("sender").textContent = sender(recorded);
  part("sender").hidden = !sender(recorded);
  part("time").textContent = clock.format(recorded.sentAt) + (answer ? ` · ${millis(recorded)}` : "");
  part("meaning").textContent = meaning(recorded);
  part("its-meeting").addEventListener("click", () => goToMeeting(meetingOf(recorded.conferenceId)));
  part("repeat").hidden = !isWebhook(recorded) || !recorded.isWhole;
  part("url").textContent = `${request.method} ${request.url}`;
  showPairs(part("headers"), request.headers);
  part("body").textContent = pretty(request.body);
  part("cut").hidden = recorded.isWhole;
  part("answer-line").textContent = answer ? `${answer.status}, after ${millis(recorded)}` : recorded.problem;
  part("answered").hidden = !answer;
  showPairs(part("answer-headers"), answer?.headers ?? {});
  part("answer").textContent = pretty(answer?.text ?? "");
  for (const button of element.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => busy(button, () => copyPart(recorded, button.dataset.copy)));
  }
  for (const [what, isThere] of [["body", request.body], ["curl", recorded.isWhole], ["answer-body", answer?.text]]) {
    element.querySelector(`[data-copy=${what}]`).hidden = !isThere;
  }
  for (const button of element.querySelectorAll("[data-how]")) {
    button.addEventListener("click", () => busy(button, () => repeat(recorded, button.dataset.how)));
  }
  const details = element.querySelector("details");
  details.addEventListener("toggle", () => details.open && showStored(recorded, part));
  element.classList.toggle("new", isNew);
  items.set(recorded.id, { element, part, recorded });
  list.prepend(element);
}

function showPairs(list, values, marked = []) {
  list.replaceChildren();
  for (const [name, value] of Object.entries(values)) {
    const term = document.createElement("dt");
    const text = document.createElement("dd");
    term.textContent = name;
    text.textContent = /(At|Time)$/.test(name) ? `${value} (${moment(name, value)})` : value;
    text.classList.toggle("changed", marked.includes(name));
    list.append(term, text);
  }
}

async function showStored({ conferenceId, effect }, part) {
  part("store").hidden = !conferenceId;
  if (!conferenceId) return;
  try {
    const stored = await call("GET", `/hubspot/conferences/${encodeURIComponent(conferenceId)}`);
    showPairs(part("item"), stored, effect?.changed);
    part("no-item").hidden = true;
  } catch (error) {
    part("item").replaceChildren();
    part("no-item").textContent = error.message;
    part("no-item").hidden = false;
  }
}

async function repeat(recorded, how) {
  const repeated = await call("POST", `/hubspot/requests/${recorded.id}/repeat`, { how });
  await refresh();
  announce(headline(repeated));
}
