// The dialogs in which a meeting is scheduled, rescheduled and cancelled.
import { announce, busy } from "./result.js";
import { Refused, call, refresh } from "./system.js";
import { titleOf, when } from "./words.js";

const get = (id) => document.getElementById(id);
const form = get("meeting-form").elements;
let edited = null;
let duration = 0;

// The format of a datetime-local field: local time, to the minute.
function local(time) {
  const date = new Date(time);
  return new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const millisOf = (field) => new Date(field.value).getTime();

export function openMeeting(meeting) {
  edited = meeting;
  const halfHour = 30 * 60_000;
  const start = meeting?.startTime ?? Math.ceil((Date.now() + 1) / halfHour) * halfHour;
  form.title.value = meeting?.title ?? "";
  form.host.value = meeting?.host ?? "test.user@example.com";
  form.start.value = local(start);
  form.end.value = local(meeting?.endTime ?? start + halfHour);
  form.source.value = meeting?.source ?? "MEETINGS";
  // No webhook can change the host or the way of booking.
  form.host.disabled = Boolean(meeting);
  get("host-hint").hidden = Boolean(meeting);
  get("source").hidden = Boolean(meeting);
  get("meeting-dialog-title").textContent = meeting ? "Reschedule the meeting" : "Schedule a meeting";
  get("meeting-submit").textContent = meeting ? "Save" : "Schedule";
  duration = millisOf(form.end) - millisOf(form.start);
  complain("meeting-problem", "");
  for (const field of [form.host, form.start, form.end]) field.removeAttribute("aria-invalid");
  get("meeting-dialog").showModal();
  form.title.focus();
}

function complain(place, text, field) {
  get(place).textContent = text;
  get(place).hidden = !text;
  field?.setAttribute("aria-invalid", "true");
  field?.focus();
}

// A meeting that is moved keeps its duration.
form.start.addEventListener("change", () => {
  if (form.start.value && duration > 0) form.end.value = local(millisOf(form.start) + duration);
});
form.end.addEventListener("change", () => { duration = millisOf(form.end) - millisOf(form.start); });

function wrongField() {
  for (const field of [form.host, form.start, form.end]) field.removeAttribute("aria-invalid");
  if (!form.host.checkValidity()) return ["Give the host’s email address.", form.host];
  if (!form.start.value) return ["Give the time at which the meeting starts.", form.start];
  if (!form.end.value) return ["Give the time at which the meeting ends.", form.end];
  if (millisOf(form.end) <= millisOf(form.start)) return ["The meeting has to end after it starts.", form.end];
  return null;
}

get("meeting-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const wrong = wrongField();
  if (wrong) {
    complain("meeting-problem", ...wrong);
    return;
  }
  const plan = { title: form.title.value, startTime: millisOf(form.start), endTime: millisOf(form.end) };
  const request = edited
    ? ["PUT", `/hubspot/meetings/${edited.id}`, plan]
    : ["POST", "/hubspot/meetings", { ...plan, host: form.host.value, source: form.source.value }];
  const done = edited ? "Rescheduled. The link stays the same." : "Scheduled. The meeting has its link.";
  submit("meeting", request, done);
});

export function openCancel(meeting) {
  edited = meeting;
  get("cancel-text").textContent = `${titleOf(meeting)}, ${when(meeting)}`;
  complain("cancel-problem", "");
  get("cancel-dialog").showModal();
}

get("cancel-form").addEventListener("submit", (event) => {
  event.preventDefault();
  submit("cancel", ["DELETE", `/hubspot/meetings/${edited.id}`], "Cancelled.");
});

// Sends a dialog's request. A problem is shown in the dialog, so that the user can try again.
function submit(dialog, request, done) {
  busy(get(`${dialog}-submit`), async () => {
    complain(`${dialog}-problem`, "");
    let meeting;
    try {
      meeting = await call(...request);
    } catch (error) {
      const text = error instanceof Refused ? error.message : "the system does not answer";
      complain(`${dialog}-problem`, `${text.charAt(0).toUpperCase()}${text.slice(1)}.`);
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
