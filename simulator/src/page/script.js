// Shows the current state of the system, and switches the store.
import { openMeeting, updateAccounts } from "./dialogs.js";
import { watchFilter } from "./filter.js";
import { filterMeetings, forgetMeetings, showMeetings } from "./meetings.js";
import { filterRequests, forgetRequests, keepPlace, requestCount, showRequests, updateStored } from "./requests.js";
import { announce, busy } from "./result.js";
import { call, refresh, watch } from "./system.js";

const get = (id) => document.getElementById(id);

function show(state, isFirst) {
  if (isFirst) {
    forgetMeetings();
    forgetRequests();
  }
  const steady = keepPlace();
  showTop(state);
  updateAccounts(state);
  showMeetings(state.meetings);
  showRequests(state.requests, !isFirst);
  get("loading").hidden = true;
  get("no-meetings").hidden = state.meetings.length > 0;
  get("no-requests").hidden = state.requests.length > 0;
  applyFilter();
  steady();
  updateStored();
}

function applyFilter() {
  filterRequests();
  filterMeetings(requestCount);
}

// While the system is down, the store's state is unknown and empty lists mean nothing.
function showDown() {
  get("store-state").textContent = "The system is down";
  get("store-state").className = "state stopped";
  get("store-switch").hidden = true;
  for (const empty of ["loading", "no-meetings", "no-requests", "no-match"]) get(empty).hidden = true;
}

function showTop({ app, storeRuns }) {
  get("app").textContent = app
    ? `App ${app.appId} · webhooks at ${origin(app.settings.createMeetingUrl)}`
    : "No app has webhook URLs registered";
  get("store-state").textContent = storeRuns ? "The store is running" : "The store is stopped";
  get("store-state").className = storeRuns ? "state runs" : "state stopped";
  get("store-switch").textContent = storeRuns ? "Stop the store" : "Start the store";
  get("store-switch").dataset.runs = storeRuns;
  get("store-switch").hidden = false;
}

const origin = (url) => { try { return new URL(url).origin; } catch { return url; } };

get("store-switch").addEventListener("click", (event) => busy(event.currentTarget, async () => {
  const runs = get("store-switch").dataset.runs !== "true";
  await call("PUT", "/hubspot/store", { runs });
  await refresh();
  announce(runs ? "The store is running again, with its data." : "The store is stopped.");
}));

get("clear").addEventListener("click", (event) => busy(event.currentTarget, async () => {
  await call("DELETE", "/hubspot/requests");
  await refresh();
  announce("Requests cleared. The meetings stay.");
}));

get("schedule").addEventListener("click", () => openMeeting(null));

watchFilter(applyFilter);
watch(show, showDown);
