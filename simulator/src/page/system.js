// Sends requests to the system, and polls it for changes once a second.

// The system has refused a request. The message says why.
export class Refused extends Error {}

export async function call(method, path, body) {
  const options = { method };
  if (body) {
    options.headers = { "content-type": "application/json" };
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(path, options);
  const content = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(content?.message ?? `the system answered ${answer.status}`);
  return content;
}

const offline = document.getElementById("offline");
let version = null;
let show = () => {};
let showDown = () => {};
let refreshing = null;

// One request at a time: a caller waits until the previous request has ended, whether it succeeded or
// not.
export async function refresh() {
  while (refreshing) await refreshing.catch(() => {});
  refreshing = ask();
  try {
    await refreshing;
  } finally {
    refreshing = null;
  }
}

// Calls `onState` with every new state; its second argument says whether it is the first one since this
// page or the system has started. Calls `onDown` while the system doesn't answer.
export async function watch(onState, onDown) {
  show = onState;
  showDown = onDown;
  try {
    if (!document.hidden) await refresh();
  } finally {
    setTimeout(watch, 1000, onState, onDown);
  }
}

async function ask() {
  const isFirst = version === null;
  let state;
  try {
    state = await call("GET", isFirst ? "/hubspot/state" : `/hubspot/state?version=${version}`);
    offline.hidden = true;
  } catch {
    // After a restart the system's version starts at the beginning.
    version = null;
    offline.hidden = false;
    showDown();
  }
  if (state) {
    const isNew = isFirst || state.version < version;
    show(state, isNew);
    // Only now, so that a state that could not be shown is requested again.
    version = state.version;
  }
}
