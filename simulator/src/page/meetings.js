// The list of meetings. Untrusted data, such as a meeting's title, is inserted as text and never as HTML.
import { openCancel, openMeeting } from "./dialogs.js";
import { hidesCancelled, showCancelled, showOnly } from "./filter.js";
import { openTab } from "./tabs.js";
import { clone } from "./template.js";
import { titleOf, when } from "./words.js";

const get = (id) => document.getElementById(id);
const list = get("meeting-list");
const items = new Map();

export function forgetMeetings() {
  list.replaceChildren();
  items.clear();
}

// Shows the meetings, which come newest first.
export function showMeetings(meetings) {
  for (const meeting of meetings.toReversed()) {
    if (!items.has(meeting.id)) add(meeting);
    update(items.get(meeting.id), meeting);
  }
}

export const meetingOf = (conferenceId) =>
  [...items.values()].map((item) => item.meeting).find((meeting) => conferenceId && meeting.conferenceId === conferenceId);

// Applies the filter, and shows how many requests each meeting has.
export function filterMeetings(requestCount) {
  for (const { element, part, meeting } of items.values()) {
    element.hidden = meeting.cancelled && hidesCancelled();
    part("show-requests").textContent = `Show requests (${requestCount(meeting)})`;
  }
}

// Shows the meeting of a request.
export function goToMeeting(meeting) {
  if (meeting.cancelled) showCancelled();
  openTab("meetings");
  const title = get(`meeting-${meeting.id}`);
  title.scrollIntoView({ block: "center" });
  title.focus();
}

function add(meeting) {
  const [element, part] = clone("meeting-template");
  const item = { element, part, meeting };
  part("title").id = `meeting-${meeting.id}`;
  part("place").append(place(meeting.conferenceUrl));
  part("invitation").hidden = !meeting.conferenceUrl;
  part("show-requests").hidden = !meeting.conferenceUrl;
  part("invitation-text").textContent = meeting.conferenceDetails;
  part("reschedule").addEventListener("click", () => openMeeting(item.meeting));
  part("cancel").addEventListener("click", () => openCancel(item.meeting));
  part("show-requests").addEventListener("click", () => {
    showOnly(item.meeting, titleOf(item.meeting));
    openTab("requests");
    get("requests").scrollIntoView();
    get("requests").focus();
  });
  items.set(meeting.id, item);
  list.prepend(element);
}

// The URL comes from the webhook's answer and is untrusted: only an http or https URL becomes a link.
function place(url) {
  if (!url) return "No video conference";
  if (!/^https?:\/\//i.test(url)) return url;
  const link = document.createElement("a");
  Object.assign(link, { href: url, textContent: url, target: "_blank", rel: "noreferrer" });
  return link;
}

function update(item, meeting) {
  const { element, part } = item;
  item.meeting = meeting;
  element.classList.toggle("cancelled", meeting.cancelled);
  part("title").textContent = titleOf(meeting);
  part("when").textContent = when(meeting);
  part("invitation-title").textContent = titleOf(meeting);
  part("invitation-when").textContent = when(meeting);
  part("cancelled").hidden = !meeting.cancelled;
  part("host").textContent = meeting.host;
  part("booked").textContent = meeting.source === "MANUAL" ? "booked by hand" : "booked through a page";
  part("attendees").hidden = meeting.attendees.length === 0;
  part("names").textContent = meeting.attendees.join(", ");
  part("reschedule").setAttribute("aria-label", `Reschedule ${titleOf(meeting)}`);
  part("cancel").setAttribute("aria-label", `Cancel ${titleOf(meeting)}`);
  part("show-requests").setAttribute("aria-describedby", part("title").id);
  part("actions").hidden = meeting.cancelled;
}
