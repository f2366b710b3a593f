// Create on Node with AWS's SDK, to compare its cold start with the function's. It reads the secret, then answers
// each event: it checks the signature, stores the conference with one conditional PutItem, and returns the link.
// The loop at the end does what Lambda's runtime for Node does.

import { createHmac, timingSafeEqual } from "node:crypto";
import http from "node:http";
import { ConditionalCheckFailedException, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";

const TOLERANCE_MS = 5 * 60 * 1000;
const RETENTION_SECONDS = 90 * 24 * 60 * 60;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

async function readSecret() {
  const SecretId = process.env.HUBSPOT_SECRET_ID;
  if (!SecretId) {
    return { clientSecret: process.env.HUBSPOT_CLIENT_SECRET, conferenceKey: process.env.CONFERENCE_KEY };
  }
  const { GetSecretValueCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
  const stored = await new SecretsManagerClient({}).send(new GetSecretValueCommand({ SecretId }));
  return JSON.parse(stored.SecretString);
}

// https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests, version 3.
function isSigned(event, body, clientSecret) {
  const { "x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": timestamp } = event.headers;
  if (!signature || !(Math.abs(Date.now() - Number(timestamp)) <= TOLERANCE_MS)) {
    return false;
  }
  const { domainName, http: request } = event.requestContext;
  const url = `https://${domainName}${event.rawPath}`;
  const expected = createHmac("sha256", clientSecret).update(request.method + url + body + timestamp).digest();
  const presented = Buffer.from(signature, "base64");
  return presented.length === expected.length && timingSafeEqual(presented, expected);
}

function derive(key, fields) {
  const digest = createHmac("sha256", key).update(JSON.stringify(fields)).digest();
  return Array.from(digest.subarray(0, 26), (byte) => ALPHABET[byte % 32]).join("");
}

async function create(event, store, { clientSecret, conferenceKey }) {
  const body = event.isBase64Encoded ? Buffer.from(event.body, "base64").toString() : event.body;
  if (!isSigned(event, body, clientSecret)) {
    return answer(401, { status: "error", category: "INVALID_SIGNATURE" });
  }
  const meeting = JSON.parse(body);
  const { portalId, userId, userEmail, topic, source, startTime, endTime } = meeting;
  const conferenceId = derive(conferenceKey, [portalId, userId, userEmail, topic, source, startTime, endTime]);
  const room = derive(conferenceKey, ["room", conferenceId]);
  let conferenceUrl = process.env.CONFERENCE_URL_TEMPLATE.replace("{room}", room);
  const now = Date.now();
  const put = new PutItemCommand({
    TableName: process.env.CONFERENCES_TABLE ?? "conferences",
    Item: {
      conferenceId: { S: conferenceId },
      portalId: { N: String(portalId) },
      userId: { N: String(userId) },
      userEmail: { S: userEmail },
      topic: { S: topic },
      source: { S: source },
      startTime: { N: String(startTime) },
      endTime: { N: String(endTime) },
      conferenceUrl: { S: conferenceUrl },
      createdAt: { N: String(now) },
      signedAt: { N: event.headers["x-hubspot-request-timestamp"] },
      revision: { N: "1" },
      expiresAt: { N: String(Math.floor(now / 1000) + RETENTION_SECONDS) },
    },
    ConditionExpression: "attribute_not_exists(conferenceId)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  try {
    await store.send(put);
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) {
      throw error;
    }
    conferenceUrl = error.Item.conferenceUrl.S;
  }
  return answer(200, { conferenceId, conferenceUrl, conferenceDetails: `Join the meeting:\n${conferenceUrl}` });
}

function answer(statusCode, body) {
  const headers = { "content-type": "application/json" };
  return { statusCode, headers, body: JSON.stringify(body), isBase64Encoded: false };
}

function callRuntime(method, path, body) {
  const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
  const options = { host, port, method, path: `/2018-06-01/runtime/invocation/${path}` };
  return new Promise((resolve, reject) => {
    const request = http.request(options, async (response) => {
      const chunks = await response.toArray();
      resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() });
    });
    request.on("error", reject).end(body);
  });
}

async function main() {
  const store = new DynamoDBClient({});
  const secret = await readSecret();
  for (;;) {
    const next = await callRuntime("GET", "next");
    const id = next.headers["lambda-runtime-aws-request-id"];
    const answered = await create(JSON.parse(next.body), store, secret);
    await callRuntime("POST", `${id}/response`, JSON.stringify(answered));
  }
}

main();
