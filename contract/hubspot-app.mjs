// Checks the project in hubspot-app/ with the library that HubSpot's CLI uses to read projects:
// `node hubspot-app.mjs FOLDER`.
//
// `hs project validate` fetches its schema from HubSpot, which needs an account. This checks what can be checked
// without one: the library's own rules, the fields of HubSpot's published template for a private OAuth app, and the
// limits of HubSpot's page "App configuration":
// https://developers.hubspot.com/docs/apps/developer-platform/build-apps/app-configuration
import assert from "node:assert/strict";
import path from "node:path";
import test from "node:test";

import { getProjectMetadata, isKnownPlatformVersion, parseProjectConfig } from "@hubspot/project-parsing-lib/projects";
import { translate } from "@hubspot/project-parsing-lib/translate";
import { validateUid } from "@hubspot/project-parsing-lib/uid";

const folder = process.argv[2];
assert.ok(folder, "give the project's folder");

// The shape of HubSpot's template (HubSpot/hubspot-project-components, components/app/oauth-private).
const TEMPLATE = {
  name: "string",
  description: "string",
  distribution: "string",
  auth: {
    type: "string",
    redirectUrls: "strings",
    requiredScopes: "strings",
    optionalScopes: "strings",
    conditionallyRequiredScopes: "strings",
  },
  permittedUrls: { fetch: "strings", iframe: "strings", img: "strings" },
  support: { supportEmail: "string", documentationUrl: "string", supportUrl: "string", supportPhone: "string" },
};

const shape = (value) => {
  if (typeof value === "string") return "string";
  if (Array.isArray(value)) return value.every((item) => typeof item === "string") ? "strings" : "list";
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shape(inner)]));
};

async function app() {
  const project = parseProjectConfig(folder);
  const projectSourceDir = path.join(folder, project.srcDir);
  const context = { projectSourceDir, platformVersion: project.platformVersion };
  const { intermediateRepresentation, skippedHsMetaFiles } = await translate(context, { skipValidation: true });
  assert.deepEqual(skippedHsMetaFiles, []);
  const nodes = Object.values(intermediateRepresentation.intermediateNodesIndexedByUid);
  assert.equal(nodes.length, 1, "the app is the project's only component");
  return { project, projectSourceDir, node: nodes[0] };
}

test("HubSpot's CLI can read the project and knows its platform version", async () => {
  const { project, projectSourceDir, node } = await app();
  assert.equal(project.platformVersion, "2026.09");
  assert.ok(isKnownPlatformVersion(project.platformVersion));
  assert.equal(node.componentType, "APPLICATION");
  assert.equal(validateUid(node.uid), undefined);
  const { components } = await getProjectMetadata(projectSourceDir);
  assert.equal(components.app.count, 1, "the app's file is where the CLI looks for it");
});

test("the app has the fields of HubSpot's template for a private OAuth app, and no others", async () => {
  const { node } = await app();
  assert.deepEqual(shape(node.config), TEMPLATE);
});

test("the app keeps HubSpot's limits and asks for what app install needs", async () => {
  const { name, description, distribution, auth, support } = (await app()).node.config;
  assert.ok(name.length <= 200 && name === name.trim());
  assert.ok(description.length <= 8192);
  assert.equal(distribution, "private");
  assert.deepEqual([auth.type, auth.redirectUrls], ["oauth", ["http://localhost:8910/callback"]]);
  assert.deepEqual([...auth.requiredScopes, ...auth.optionalScopes, ...auth.conditionallyRequiredScopes], ["oauth"]);
  for (const url of [support.documentationUrl, support.supportUrl]) assert.equal(new URL(url).protocol, "https:");
  assert.match(support.supportPhone, /^\+\d+$/);
});
