// Parses the ```mermaid blocks of Markdown files with Mermaid itself, which doesn't draw a diagram with an error in it.
// usage: node check.mjs FILE...

import { readFileSync } from "node:fs";

import DOMPurify from "dompurify";
import mermaid from "mermaid";

// The parser also makes labels safe for a page. That needs a browser, and no page is made here.
Object.assign(DOMPurify, { addHook() {}, sanitize: (text) => text });

let parsed = 0;
for (const file of process.argv.slice(2)) {
  const page = readFileSync(file, "utf8");
  for (const block of page.matchAll(/^ *```mermaid\n(.*?)^ *```$/gms)) {
    const line = page.slice(0, block.index).split("\n").length;
    try {
      await mermaid.parse(block[1]);
      parsed += 1;
    } catch (error) {
      console.error(`${file}:${line}: this diagram does not parse.\n${error.message}\n`);
      process.exitCode = 1;
    }
  }
}
if (parsed === 0) process.exitCode = 1; // the files were not found, or look different
console.log(`${parsed} diagrams parse.`);
