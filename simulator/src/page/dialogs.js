// The dialogs in which a meeting is scheduled, rescheduled and cancelled.
import { announce, busy } from "./result.js";
import { Refused, call, refresh } from "./system.js";
import { titleOf, when } from "./words.js";
import { fromField, known, ownZone, toField, zones } from "./zones.js";

const get = (id) => document.getElementById(id);
const form = get("meeting-form").elements;
const MINUTE = 60_000;
let edited = null;
let accounts = [];
let users = [];

const option = (value, label = value) => new Option(label, value);
form.zone.replaceChildren(...zones.map((zone) => option(zone)));

// Fills the dialog's lists with the accounts and users of the simulated HubSpot.
export function updateAccounts(state) {
  if (JSON.stringify([state.accounts, state.users]) === JSON.stringify([accounts, users])) return;
  ({ accounts, users } = state);
  const chosen = form.account.value;
  form.account.replaceChildren(...accounts.map(({ portalId, domain, installed }) =>
    option(portalId, `${domain} (${portalId}${installed ? "" : ", app not installed"})`)));
  if (chosen) form.account.value = chosen;
  listUsers();
}

const usersOf = (portalId) => users.filter((user) => user.portalId === Number(portalId));

function listUsers() {
  const list = usersOf(form.account.value).map(({ email, userId }) => option(email, `user ${userId}`));
  get("users").replaceChildren(...list);
}

form.account.addEventListener("change", () => {
  const isListed = users.some(({ email }) => email === form.host.value);
  if (isListed || !form.host.value) form.host.value = usersOf(form.account.value)[0]?.email ?? "";
  listUsers();
});

export function openMeeting(meeting) {
  edited = meeting;
  const halfHour = 30 * MINUTE;
  const start = meeting?.startTime ?? Math.ceil((Date.now() + 1) / halfHour) * halfHour;
  const zone = known(meeting?.timeZone);
  form.title.value = meeting?.title ?? "";
  form.account.value = meeting?.portalId ?? accounts[0]?.portalId ?? "";
  form.host.value = meeting?.host ?? usersOf(form.account.value)[0]?.email ?? "";
  form.zone.value = zone;
  form.start.value = toField(start, zone);
  form.duration.value = Math.round(((meeting?.endTime ?? start + halfHour) - start) / MINUTE);
  form.attendees.value = (meeting?.attendees ?? []).join(", ");
  form.conference.value = "app";
  form.source.value = meeting?.source ?? "MEETINGS";
  // HubSpot has no webhook for a change of the account, the host, the way of booking or the video system.
  form.account.disabled = form.host.disabled = Boolean(meeting);
  get("host-hint").hidden = Boolean(meeting);
  for (const part of document.querySelectorAll("[data-new]")) part.hidden = Boolean(meeting);
  get("meeting-dialog-title").textContent = meeting ? "Reschedule the meeting" : "Schedule a meeting";
  get("meeting-submit").textContent = meeting ? "Save" : "Schedule";
  listUsers();
  showEnd();
  showProblem("meeting-problem", "");
  clearInvalid();
  get("meeting-dialog").showModal();
  form.title.focus();
}

function showProblem(place, text, field) {
  get(place).textContent = text;
  get(place).hidden = !text;
  field?.setAttribute("aria-invalid", "true");
  field?.focus();
}

function clearInvalid() {
  for (const field of [form.host, form.start, form.duration, form.attendees]) field.removeAttribute("aria-invalid");
}

const startTime = () => fromField(form.start.value, form.zone.value);
const endTime = () => startTime() + form.duration.valueAsNumber * MINUTE;
const addresses = () => form.attendees.value.split(/[,;]/).map((address) => address.trim()).filter(Boolean);

function showEnd() {
  const isReady = form.start.value && form.duration.valueAsNumber > 0;
  const time = isReady ? { startTime: startTime(), endTime: endTime(), timeZone: form.zone.value } : null;
  const own = time && form.zone.value !== ownZone ? `, which is ${when({ ...time, timeZone: ownZone })} here` : "";
  get("ends").textContent = time ? `${when(time)}${own}` : "";
}
for (const field of [form.start, form.duration, form.zone]) {
  field.addEventListener("input", showEnd);
  field.addEventListener("change", showEnd);
}

// The first problem in the dialog's fields: its text and its field.
function firstProblem() {
  clearInvalid();
  const minutes = form.duration.valueAsNumber;
  const malformed = addresses().find((address) => !/.@./.test(address));
  if (!/.@./.test(form.host.value)) return ["Enter the host’s email address.", form.host];
  if (!form.start.value) return ["Enter the time at which the meeting starts.", form.start];
  if (Number.isNaN(minutes)) return ["Enter the duration in minutes.", form.duration];
  if (minutes <= 0) return ["The meeting has to end after it starts: give it at least one minute.", form.duration];
  if (!Number.isInteger(minutes)) return ["Enter the duration in whole minutes.", form.duration];
  if (malformed) return [`“${malformed}” is not an email address: separate the attendees’ addresses with commas.`, form.attendees];
  return null;
}

get("meeting-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const problem = firstProblem();
  if (problem) {
    showProblem("meeting-problem", ...problem);
    return;
  }
  const plan = {
    title: form.title.value,
    startTime: startTime(),
    endTime: endTime(),
    timeZone: form.zone.value,
    attendees: addresses(),
  };
  if (edited) {
    submit("meeting", ["PUT", `/hubspot/meetings/${edited.id}`, plan], "Rescheduled. The link stays the same.");
    return;
  }
  const videoConference = form.conference.value;
  const meeting = {
    ...plan,
    portalId: Number(form.account.value),
    host: form.host.value.trim(),
    source: form.source.value,
    videoConference,
  };
  const done = videoConference === "app" ? "Scheduled. The meeting has its link." : "Scheduled without a video conference.";
  submit("meeting", ["POST", "/hubspot/meetings", meeting], done);
});

export function openCancel(meeting) {
  edited = meeting;
  get("cancel-title").textContent = titleOf(meeting);
  get("cancel-when").textContent = when(meeting);
  showProblem("cancel-problem", "");
  get("cancel-dialog").showModal();
}

get("cancel-form").addEventListener("submit", (event) => {
  event.preventDefault();
  submit("cancel", ["DELETE", `/hubspot/meetings/${edited.id}`], "Cancelled.");
});

// Sends a dialog's request. A problem is shown in the dialog, so that the user can try again.
function submit(dialog, request, done) {
  busy(get(`${dialog}-submit`), async () => {
    showProblem(`${dialog}-problem`, "");
    let meeting;
    try {
      meeting = await call(...request);
    } catch (error) {
      const text = error instanceof Refused ? error.message : "the system doesn’t answer: is it still running?";
      showProblem(`${dialog}-problem`, `${text.charAt(0).toUpperCase()}${text.slice(1)}.`.replace("?.", "?"));
      await refresh();
      return;
    }
    await refresh();
    get(`${dialog}-dialog`).close();
    // The button that opened the dialog has disappeared with the meeting.
    if (meeting.cancelled) get(`meeting-${meeting.id}`)?.focus();
    announce(done);
  });
}

for (const button of document.querySelectorAll("[data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}
