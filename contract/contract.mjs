// Checks a local system with HubSpot's own npm client: `node contract.mjs BASE_URL`.
//
// The client signs, our webhooks verify; the client registers URLs, our settings API answers; then
// the local HubSpot schedules a meeting with exactly these URLs.
import assert from "node:assert/strict";
import test from "node:test";

import hubspot from "@hubspot/api-client";

const base = process.argv[2];
assert.ok(base, "give the system's base URL");
// The example secret of HubSpot's documentation, which the local system knows.
const clientSecret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
const VERSIONS = ["v1", "v2", "v3"];
const QUERIES = ["", "?tenant=a%3Ab%2Fc&name=x%20y"];
const TOPICS = ["A Test Meeting", "Démo 🎥 — Zürich"];

function headers(version, url, requestBody) {
  const timestamp = Date.now();
  const signature = hubspot.Signature.getSignature("POST", version, { clientSecret, url, requestBody, timestamp });
  const signed = version === "v3"
    ? { "X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": String(timestamp) }
    : { "X-HubSpot-Signature": signature, "X-HubSpot-Signature-Version": version };
  return { ...signed, "content-type": "application/json" };
}

// Sends `sent`, with the signature of `signed`, which is also what is sent by default.
async function post(version, path, signed, sent = signed) {
  const url = base + path;
  const answer = await fetch(url, { method: "POST", headers: headers(version, url, signed), body: sent });
  const content = await answer.text();
  return { status: answer.status, content: content ? JSON.parse(content) : null };
}

async function call(method, path, body) {
  const options = { method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body) };
  const answer = await fetch(base + path, options);
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.json();
}

const meeting = (topic, more = {}) => JSON.stringify({
  portalId: 123123,
  userId: 123,
  userEmail: "test.user@example.com",
  topic,
  startTime: 1934197600000,
  endTime: 1934201200000,
  ...more,
});

const user = JSON.stringify({ portalId: 123123, userEmail: "test.user@example.com" });

for (const version of VERSIONS) {
  for (const query of QUERIES) {
    for (const topic of TOPICS) {
      test(`all four webhooks accept ${version}, ${JSON.stringify(topic)}, ${query || "no query"}`, async () => {
        const verified = await post(version, `/verify-user${query}`, user);
        assert.equal(verified.status, 200);
        assert.equal(typeof verified.content.id, "string");
        // A source that no other test uses, to make this a separate meeting.
        const source = `node ${version} ${query}`;
        const created = await post(version, `/create-meeting${query}`, meeting(topic, { source }));
        assert.equal(created.status, 200);
        const { conferenceId, conferenceUrl, conferenceDetails } = created.content;
        assert.ok(conferenceId && conferenceUrl && conferenceDetails.includes(conferenceUrl));
        const updated = await post(version, `/update-meeting${query}`, meeting(`${topic}!`, { conferenceId }));
        assert.equal(updated.status, 204);
        const deleted = await post(version, `/delete-meeting${query}`, JSON.stringify({ conferenceId }));
        assert.equal(deleted.status, 204);
      });
    }
  }

  test(`one byte changed after signing with ${version} is refused by all four`, async () => {
    const conferenceId = "abcdefghijklmnopqrstuvwx27";
    for (const [path, body] of [
      ["/verify-user", user],
      ["/create-meeting", meeting("Démo 🎥", { source: "MEETINGS" })],
      ["/update-meeting", meeting("Démo 🎥", { conferenceId })],
      ["/delete-meeting", JSON.stringify({ conferenceId })],
    ]) {
      const { status, content } = await post(version, path, body, `${body} `);
      assert.equal(status, 401, path);
      assert.equal(content.category, "INVALID_SIGNATURE");
    }
  });
}

const client = (options) => new hubspot.Client({ basePath: base, ...options });
const settingsApi = (options) => client(options).crm.extensions.videoconferencing.settingsApi;
const failsWith = (code) => (error) => error.code === code;

test("the client's settings calls are answered", async () => {
  const api = settingsApi({ developerApiKey: "any-key" });
  const settings = { createMeetingUrl: "https://vc.example.com/create", userVerifyUrl: "https://vc.example.com/verify" };
  await assert.rejects(api.getById(2), failsWith(404));
  const put = await api.replace(2, settings);
  assert.equal(put.createMeetingUrl, settings.createMeetingUrl);
  const got = await api.getById(2);
  assert.equal(got.userVerifyUrl, settings.userVerifyUrl);
  assert.equal(got.updateMeetingUrl, undefined);
  for (const version of ["2025-09", "2026-03", "2026-09"]) {
    const path = `/crm/extensions/videoconferencing/${version}/settings/2?hapikey=any-key`;
    assert.deepEqual(await call("GET", path), settings);
  }
  await api.archive(2);
  await api.archive(2);
  await assert.rejects(api.getById(2), failsWith(404));
});

test("without a key, or with http, the settings API refuses", async () => {
  await assert.rejects(settingsApi({}).getById(2), failsWith(401));
  const api = settingsApi({ developerApiKey: "any-key" });
  await assert.rejects(api.replace(2, { createMeetingUrl: "http://vc.example.com/create" }), failsWith(400));
});

test("a meeting goes to the URLs that the client registered", async () => {
  const api = settingsApi({ developerApiKey: "any-key" });
  const createMeetingUrl = `${base}/create-meeting?client=node`;
  const userVerifyUrl = `${base}/verify-user?client=node`;
  await api.replace(2, { createMeetingUrl, userVerifyUrl });
  const plan = { title: "By npm", startTime: 1934197600000, endTime: 1934201200000 };
  const scheduled = await call("POST", "/hubspot/meetings", { ...plan, host: "test.user@example.com", source: "MANUAL" });
  assert.ok(scheduled.conferenceUrl.startsWith(`${base}/join/`));
  const { app, requests: [create, verify] } = await call("GET", "/hubspot/state");
  assert.equal(app.appId, 2);
  assert.deepEqual([verify.request.url, verify.answer.status], [userVerifyUrl, 200]);
  assert.deepEqual([create.request.url, create.answer.status], [createMeetingUrl, 200]);
  const sent = create.request;
  assert.ok(hubspot.Signature.isValid({
    method: sent.method,
    signatureVersion: "v3",
    signature: sent.headers["x-hubspot-signature-v3"],
    timestamp: Number(sent.headers["x-hubspot-request-timestamp"]),
    clientSecret,
    url: sent.url,
    requestBody: sent.body,
  }));
  await api.archive(2);
});

// The client posts to /oauth/v1/token and reads /oauth/v1/access-tokens; `app install` uses the dated paths.
const clientId = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
const redirectUri = "http://localhost:8910/callback";

// A code, as the consent page gives it to the browser of an account's admin.
async function allow(portalId) {
  const url = client({}).oauth.getAuthorizationUrl(clientId, redirectUri, "oauth", undefined, "some state");
  const page = await (await fetch(url.replace(/^https:\/\/[^/]+/, base))).text();
  const [, consent] = page.match(/name="consent" value="([^"]+)"/);
  const body = new URLSearchParams({ consent, account: portalId, decision: "allow" });
  const answer = await fetch(`${base}/oauth/authorize`, { method: "POST", body, redirect: "manual" });
  assert.equal(answer.status, 303);
  const location = new URL(answer.headers.get("location"));
  assert.equal(location.origin + location.pathname, redirectUri);
  assert.equal(location.searchParams.get("state"), "some state");
  return location.searchParams.get("code");
}

test("the client exchanges a code, once, and reads whose token it is", async () => {
  const { tokensApi, accessTokensApi } = client({}).oauth;
  const exchange = (code, secret = clientSecret, uri = redirectUri) =>
    tokensApi.create("authorization_code", code, uri, clientId, secret);
  await assert.rejects(exchange(await allow(456456), "another-secret"), failsWith(400));
  await assert.rejects(exchange(await allow(456456), clientSecret, `${redirectUri}/`), failsWith(400));
  const code = await allow(456456);
  const token = await exchange(code);
  assert.equal(token.expiresIn, 1800);
  assert.ok(token.refreshToken);
  await assert.rejects(exchange(code), failsWith(400));
  const info = await accessTokensApi.get(token.accessToken);
  assert.deepEqual([info.hubId, info.appId, info.scopes], [456456, 1, ["oauth"]]);
  assert.equal(info.user, "test.user@example.com");

  const introspection = new URLSearchParams({ client_id: clientId, client_secret: clientSecret, token: token.accessToken });
  const answer = await fetch(`${base}/oauth/2026-09/token/introspect`, { method: "POST", body: introspection });
  const { active, hub_id } = await answer.json();
  assert.deepEqual([active, hub_id], [true, 456456]);
  const headers = { authorization: `Bearer ${token.accessToken}` };
  const uninstall = () => fetch(`${base}/appinstalls/2026-09/external-install`, { method: "DELETE", headers });
  assert.equal((await uninstall()).status, 204);
  assert.equal((await uninstall()).status, 401);
  await assert.rejects(accessTokensApi.get(token.accessToken), failsWith(401));
});
