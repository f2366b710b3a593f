// Shows the current state. Untrusted data, such as a meeting's title, is inserted as text and never as
// HTML.
import { openCancel, openMeeting } from "./dialogs.js";
import { fits, hidesCancelled, showOnly, watchFilter } from "./filter.js";
import { announce, busy } from "./result.js";
import { call, refresh, watch } from "./system.js";
import { openTab } from "./tabs.js";
import { OCCASIONS, clock, headline, meaning, millis, moment, titleOf, when } from "./words.js";

const get = (id) => document.getElementById(id);
const meetingList = get("meeting-list");
const webhookList = get("webhook-list");
const meetings = new Map();
const webhooks = new Map();

function forget() {
  for (const [list, known] of [[meetingList, meetings], [webhookList, webhooks]]) {
    list.replaceChildren();
    known.clear();
  }
}

function show(state, isFirst) {
  if (isFirst) forget();
  const steady = keepPlace();
  showTop(state);
  // Oldest first, and each item is inserted before the previous ones.
  for (const meeting of state.meetings.toReversed()) showMeeting(meeting);
  for (const sent of state.webhooks.toReversed()) {
    if (!webhooks.has(sent.id)) addWebhook(sent, !isFirst);
  }
  const kept = new Set(state.webhooks.map((sent) => sent.id));
  for (const [id, item] of webhooks) {
    if (!kept.has(id)) {
      item.remove();
      webhooks.delete(id);
    }
  }
  get("loading").hidden = true;
  get("no-meetings").hidden = state.meetings.length > 0;
  get("no-webhooks").hidden = state.webhooks.length > 0;
  applyFilter();
  steady();
  for (const item of webhookList.querySelectorAll("details[open]")) item.dispatchEvent(new Event("toggle"));
}

// Applies the filter, and shows which meeting each webhook is about.
function applyFilter() {
  const byConference = new Map([...meetings.values()].map(({ meeting }) => [meeting.conferenceId, meeting]));
  let shown = 0;
  for (const item of webhooks.values()) {
    item.hidden = !fits(item.sent);
    shown += item.hidden ? 0 : 1;
    const id = item.sent.conferenceId;
    const meeting = byConference.get(id);
    const name = meeting ? `${titleOf(meeting)} · ` : "";
    item.querySelector("[data-meeting]").textContent = id ? `${name}${id.slice(0, 8)}…` : "";
  }
  get("no-match").hidden = shown > 0 || webhooks.size === 0;
  for (const item of meetings.values()) item.hidden = item.meeting.cancelled && hidesCancelled();
}

// Keeps the content in place when items appear above it, by scrolling back.
function keepPlace() {
  const items = [...webhookList.children];
  const read = items.find((item) => item.querySelector("details").open)
    ?? (scrollY > 0 ? items.find((item) => item.getBoundingClientRect().bottom > 0) : undefined);
  const before = read?.getBoundingClientRect().top;
  return () => {
    if (read?.isConnected && !read.hidden) scrollBy({ top: read.getBoundingClientRect().top - before, behavior: "instant" });
  };
}

// While the system is down, the store's state is unknown and empty lists mean nothing.
function showDown() {
  get("store-state").textContent = "The system is down";
  get("store-state").className = "state stopped";
  get("store-switch").hidden = true;
  for (const empty of ["loading", "no-meetings", "no-webhooks", "no-match"]) get(empty).hidden = true;
}

function showTop({ app, storeRuns }) {
  get("app").textContent = app
    ? `App ${app.appId} · webhooks at ${origin(app.settings.createMeetingUrl)}`
    : "No app has webhook URLs registered";
  get("store-state").textContent = storeRuns ? "The store runs" : "The store is stopped";
  get("store-state").className = storeRuns ? "state runs" : "state stopped";
  get("store-switch").textContent = storeRuns ? "Stop the store" : "Start the store";
  get("store-switch").dataset.runs = storeRuns;
  get("store-switch").hidden = false;
}

const origin = (url) => { try { return new URL(url).origin; } catch { return url; } };

// Clones a template; its parts are found by their data attribute.
function copy(template) {
  const item = get(template).content.firstElementChild.cloneNode(true);
  return [item, (part) => item.querySelector(`[data-${part}]`)];
}

function showMeeting(meeting) {
  let item = meetings.get(meeting.id);
  if (!item) {
    item = addMeeting(meeting);
    meetings.set(meeting.id, item);
    meetingList.prepend(item);
  }
  item.meeting = meeting;
  const part = (name) => item.querySelector(`[data-${name}]`);
  item.classList.toggle("cancelled", meeting.cancelled);
  part("title").textContent = titleOf(meeting);
  part("when").textContent = when(meeting);
  part("invitation-title").textContent = titleOf(meeting);
  part("invitation-when").textContent = when(meeting);
  const booked = meeting.source === "MANUAL" ? "booked by hand" : "booked through a page";
  part("host").textContent = `${meeting.cancelled ? "Cancelled · " : ""}${meeting.host} · ${booked}`;
  part("reschedule").setAttribute("aria-label", `Reschedule ${titleOf(meeting)}`);
  part("cancel").setAttribute("aria-label", `Cancel ${titleOf(meeting)}`);
  part("actions").hidden = meeting.cancelled;
}

function addMeeting(meeting) {
  const [item, part] = copy("meeting-template");
  part("title").id = `meeting-${meeting.id}`;
  part("place").append(joinLink(meeting.conferenceUrl));
  part("invitation-text").textContent = meeting.conferenceDetails;
  part("reschedule").addEventListener("click", () => openMeeting(item.meeting));
  part("cancel").addEventListener("click", () => openCancel(item.meeting));
  part("its-webhooks").addEventListener("click", () => {
    showOnly(item.meeting, titleOf(item.meeting));
    openTab("webhooks");
    get("webhooks").focus();
  });
  return item;
}

// The URL comes from the webhook's answer and is untrusted: only an http or https URL becomes a link.
function joinLink(url) {
  if (!/^https?:\/\//i.test(url)) return url;
  const link = document.createElement("a");
  Object.assign(link, { href: url, textContent: url, target: "_blank", rel: "noreferrer" });
  return link;
}

function addWebhook(sent, isNew) {
  const [item, part] = copy("webhook-template");
  const status = sent.answer?.status;
  part("status").textContent = status ?? "none";
  part("status").classList.toggle("bad", !(status < 300));
  part("name").textContent = sent.webhook;
  part("occasion").textContent = OCCASIONS[sent.occasion] ?? "";
  part("occasion").hidden = sent.occasion === "first";
  part("time").textContent = clock.format(sent.sentAt) + (sent.answer ? ` · ${millis(sent)}` : "");
  part("meaning").textContent = meaning(sent);
  part("url").textContent = `${sent.request.method} ${sent.request.url}`;
  showPairs(part("headers"), sent.request.headers);
  part("body").textContent = pretty(sent.request.body);
  for (const button of item.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => busy(button, () => copyText(sent.request, button.dataset.copy)));
  }
  item.sent = sent;
  part("answer-line").textContent = sent.answer ? `${status}, after ${millis(sent)}` : sent.problem;
  const body = sent.answer?.body ?? null;
  part("answer").textContent = body === null ? "" : JSON.stringify(body, null, 2);
  for (const button of item.querySelectorAll("[data-how]")) {
    button.addEventListener("click", () => busy(button, () => repeat(sent, button.dataset.how)));
  }
  const details = item.querySelector("details");
  details.addEventListener("toggle", () => details.open && showStored(sent, part));
  item.classList.toggle("new", isNew);
  webhooks.set(sent.id, item);
  webhookList.prepend(item);
}

// A body that isn't JSON is shown as it is.
function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

// The body is copied byte for byte as it was signed.
async function copyText({ headers, body }, what) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  await navigator.clipboard.writeText(what === "body" ? body : lines.join("\n"));
  announce(what === "body" ? "The body is copied." : "The headers are copied.");
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

async function showStored(sent, part) {
  part("store").hidden = !sent.conferenceId;
  if (!sent.conferenceId) return;
  try {
    const stored = await call("GET", `/hubspot/conferences/${encodeURIComponent(sent.conferenceId)}`);
    showPairs(part("item"), stored, sent.effect?.changed);
    part("no-item").hidden = true;
  } catch (error) {
    part("item").replaceChildren();
    part("no-item").textContent = error.message;
    part("no-item").hidden = false;
  }
}

async function repeat(sent, how) {
  const repeated = await call("POST", `/hubspot/webhooks/${sent.id}/repeat`, { how });
  await refresh();
  announce(headline(repeated));
}

get("store-switch").addEventListener("click", (event) => busy(event.currentTarget, async () => {
  const runs = get("store-switch").dataset.runs !== "true";
  await call("PUT", "/hubspot/store", { runs });
  await refresh();
  announce(runs ? "The store runs again, with the data it had." : "The store is stopped.");
}));

get("schedule").addEventListener("click", () => openMeeting(null));

watchFilter(applyFilter);
watch(show, showDown);
