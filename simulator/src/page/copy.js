// Copies parts of a request to the clipboard.
import { announce } from "./result.js";
import { Refused, call } from "./system.js";

const lines = (headers) => Object.entries(headers)
  .flatMap(([name, values]) => values.split("\n").map((value) => `${name}: ${value}`))
  .join("\n");

// A body is copied byte for byte as it was sent. The system signs the command when it is copied, because a
// signature is only valid for five minutes.
const PARTS = {
  headers: ["Headers copied.", ({ request }) => lines(request.headers)],
  body: ["Body copied.", ({ request }) => request.body],
  "answer-headers": ["Answer headers copied.", ({ answer }) => lines(answer.headers)],
  "answer-body": ["Answer body copied.", ({ answer }) => answer.text],
  curl: ["Command copied. Its signature, if it has one, is valid for five minutes.", async ({ id }) => {
    const { command } = await call("POST", `/hubspot/requests/${id}/curl`, {});
    return command;
  }],
};

export async function copyPart(recorded, name) {
  const [done, part] = PARTS[name];
  const text = await part(recorded);
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    throw new Refused("The browser doesn’t let this page copy: open it at 127.0.0.1 or localhost, or select the text yourself.");
  }
  announce(done);
}
