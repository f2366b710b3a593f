// Which requests and meetings are shown. A filter hides items and never removes them.
import { isAccepted } from "./words.js";

const get = (id) => document.getElementById(id);
const form = get("filter").elements;
let meeting = null;

// Whether a recorded request matches the filter.
export function matches(recorded) {
  if (meeting && recorded.conferenceId !== meeting.conferenceId) return false;
  if (form.kind.value && recorded.kind !== form.kind.value) return false;
  if (form.outcome.value && isAccepted(recorded) !== (form.outcome.value === "accepted")) return false;
  const words = form.search.value.trim().toLowerCase();
  const { request, answer, title } = recorded;
  const text = `${title ?? ""} ${request.url} ${request.body} ${answer?.text ?? ""}`;
  return !words || text.toLowerCase().includes(words);
}

export const hidesCancelled = () => get("hide-cancelled").checked;

export function showCancelled() {
  get("hide-cancelled").checked = false;
  get("hide-cancelled").dispatchEvent(new Event("change"));
}

// Shows only the requests of one meeting; `null` shows all again.
export function showOnly(wanted, title = "") {
  meeting = wanted;
  get("filter-meeting").hidden = !wanted;
  get("filter-meeting-title").textContent = title;
  get("filter").dispatchEvent(new Event("input"));
}

// Calls `onChange` whenever the filter changes.
export function watchFilter(onChange) {
  get("filter").addEventListener("input", onChange);
  get("filter").addEventListener("submit", (event) => event.preventDefault());
  get("filter").addEventListener("reset", () => {
    meeting = null;
    get("filter-meeting").hidden = true;
    // The fields are reset only after this event.
    setTimeout(onChange);
  });
  get("hide-cancelled").addEventListener("change", onChange);
  get("filter-meeting").addEventListener("click", () => showOnly(null));
}
