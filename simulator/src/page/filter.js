// Which webhooks and meetings are shown. A filter hides items and never removes them.

const get = (id) => document.getElementById(id);
const form = get("filter").elements;
let meeting = null;

// Whether the record of a webhook matches the filter.
export function fits(sent) {
  const status = sent.answer?.status;
  const accepted = status < 300;
  if (meeting && sent.conferenceId !== meeting.conferenceId) return false;
  if (form.kind.value && sent.webhook !== form.kind.value) return false;
  if (form.outcome.value && accepted !== (form.outcome.value === "accepted")) return false;
  const words = form.search.value.trim().toLowerCase();
  const text = `${sent.request.url} ${sent.request.body} ${JSON.stringify(sent.answer?.body ?? "")}`;
  return !words || text.toLowerCase().includes(words);
}

export const hidesCancelled = () => get("hide-cancelled").checked;

// Shows only the webhooks of one meeting; `null` shows all again.
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
