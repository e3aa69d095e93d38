// Reindenting the lines of a program that is laid out changes nothing: the patterns know what opens and what closes.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { grammar, textmate } from "./engine.mjs";

const configuration = JSON.parse(await readFile(new URL("../language-configuration.json", import.meta.url), "utf8"));
const increase = new RegExp(configuration.indentationRules.increaseIndentPattern);
const decrease = new RegExp(configuration.indentationRules.decreaseIndentPattern);
const brackets = /[{}()[\]]/g;
const [OTHER, STRING] = [0, 2];

/** A line as VS Code shows it to the patterns, without the brackets in texts and comments; and whether it begins in a text. */
function shown(line, stack) {
  const read = grammar.tokenizeLine2(line, stack);
  let text = "";
  const kinds = [];
  for (let at = 0; at < read.tokens.length; at += 2) {
    const part = line.slice(read.tokens[at], read.tokens[at + 2] ?? line.length);
    kinds.push((read.tokens[at + 1] >>> 8) & 3);
    text += kinds.at(-1) === OTHER ? part : part.replace(brackets, "");
  }
  return { text, inText: kinds[0] === STRING, stack: read.ruleStack };
}

/** Lines that "Reindent Lines" would move, as VS Code's getReindentEditOperations does it: their numbers and texts. */
function moved(text) {
  const found = [];
  let [depth, stack] = [0, textmate.INITIAL];
  text.split("\n").forEach((line, index) => {
    const seen = shown(line, stack);
    stack = seen.stack;
    if (seen.inText) {
      return;
    }
    depth = decrease.test(seen.text) ? Math.max(0, depth - 1) : depth;
    const indent = line.length - line.trimStart().length;
    if (line && indent !== 2 * depth) {
      found.push(`${index + 1}: ${line.trimStart()}`);
      // What goes on the line above says nothing of the lines below.
      depth = /^ *(for|until|within|holding|after|because)\b/.test(line) ? depth : indent / 2;
    }
    depth += increase.test(seen.text) ? 1 : 0;
  });
  return found;
}

const root = new URL("../../../examples/", import.meta.url);

test("lines that open and close are known, whatever texts they hold", async () => {
  const paths = (await readdir(root, { recursive: true })).filter((path) => path.endsWith(".chaos")).sort();
  assert.ok(paths.length > 20, `only ${paths.length}`);
  const found = [];
  for (const path of paths) {
    const lines = moved(await readFile(new URL(path, root), "utf8"));
    found.push(...lines.map((line) => `${path}:${line}`));
  }
  // Beyond patterns: a line that goes on stands two steps in, and `)` closes at the end of the line above.
  assert.deepEqual(found, [
    "shop/payment_degradation.chaos:42: after slow starts + 20s",
    "sources/environments.chaos:70: allow http.* on payment",
  ]);
});

test("brackets in texts and comments open nothing", () => {
  const lines = [
    'test "a # {" of b {',
    '  expect x == "{"  # {',
    "}",
    "let a = f(`{`, ```{`x` {```, [  # {",
    "  1,",
    "])",
    "let b = ```",
    "  {",
    "    ```",
    "let c = 1",
  ];
  assert.deepEqual(moved(lines.join("\n")), []);
});
