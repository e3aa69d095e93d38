// What the TextMate grammar says of words, by VS Code's own engine.

import assert from "node:assert/strict";
import { test } from "node:test";
import { grammar, textmate } from "./engine.mjs";

/** Every token of a text: its text and its innermost scope, blanks left out. */
function tokens(text) {
  let stack = textmate.INITIAL;
  const found = [];
  for (const line of text.split("\n")) {
    const read = grammar.tokenizeLine(line, stack);
    stack = read.ruleStack;
    for (const { startIndex, endIndex, scopes } of read.tokens) {
      const word = line.slice(startIndex, endIndex).trim();
      if (word) {
        found.push([word, scopes.at(-1).replace(/\.chaos$/, "")]);
      }
    }
  }
  return found;
}

/** The scopes of some words of a text, in their order. */
function has(text, ...wanted) {
  const found = tokens(text);
  let at = 0;
  for (const [word, scope] of wanted) {
    const next = found.findIndex((it, index) => index >= at && it[0] === word);
    assert.ok(next >= 0, `no ${word} in ${JSON.stringify(found)}`);
    assert.equal(found[next][1], scope, `${word} in ${text}`);
    at = next + 1;
  }
}

test("declarations", () => {
  has(
    "experiment payment-outage on shop {",
    ["experiment", "storage.type"],
    ["payment-outage", "entity.name.type"],
    ["on", "keyword.control"],
    ["shop", "source"],
  );
  has("use std.http", ["use", "keyword.control.import"], ["std.http", "entity.name.namespace"]);
  has("let goal = 95%", ["let", "storage.type"], ["=", "keyword.operator"], ["95%", "constant.numeric"]);
  has(
    "metric latency: distribution<duration>",
    ["metric", "storage.type"],
    ["latency", "variable.other.member"],
    ["distribution", "support.type"],
    ["duration", "support.type"],
  );
});

test("steps and conditions", () => {
  has(
    "inject http.error(payment, rate: 40%) as outage for 1m30s {",
    ["inject", "keyword.control"],
    ["http", "entity.name.namespace"],
    ["error", "entity.name.function"],
    ["rate", "variable.parameter"],
    ["as", "keyword.control"],
    ["outage", "entity.name.label"],
    ["for", "keyword.control"],
    ["1m30s", "constant.numeric"],
  );
  has(
    "expect always p95(checkout.latency of affected) <= 150% of baseline",
    ["expect", "keyword.control"],
    ["always", "keyword.control"],
    ["p95", "support.function"],
    ["of", "keyword.operator.word"],
    ["<=", "keyword.operator"],
    ["of", "keyword.operator.word"],
    ["baseline", "constant.language"],
  );
  has("limit { timeout <= 20m; services a }", ["timeout", "support.variable.limit"], ["services", "keyword.control"]);
  has("tier production", ["production", "support.constant"]);
  has("@allow(no-recovery)", ["@", "punctuation.decorator"], ["allow", "entity.name.function.decorator"]);
});

test("a word that is a name here is none of the language", () => {
  for (const text of ["checkout.timeout > 1s", "metric rate: ratio", "f(source: 1)", "bind.source == 1", "a.run-2"]) {
    const words = tokens(text).filter(([word]) => ["timeout", "rate", "source", "run-2"].includes(word));
    assert.ok(words.length > 0);
    for (const [word, scope] of words) {
      assert.ok(!/^(keyword\.control|storage)/.test(scope), `${word} is ${scope} in ${text}`);
    }
  }
  has("wait 5sec", ["wait", "keyword.control"], ["5sec", "source"]);
});

test("texts hide everything, and end", () => {
  has(
    'hypothesis "no # comment, \\" no end"  # inject\nowner "x"',
    ["hypothesis", "keyword.control"],
    ['no # comment,', "string.quoted.double"],
    ['\\"', "constant.character.escape"],
    ["# inject", "comment.line.number-sign"],
    ["owner", "keyword.control"],
  );
  has('id "never ends\nowner "x"', ["id", "keyword.control"], ["owner", "keyword.control"]);
  has("```\nover # lines\n``` for 1s", ["over # lines", "string.quoted.other.raw"], ["for", "keyword.control"]);
  has("## what it is", ["## what it is", "comment.line.documentation"]);
});

test("what a metric is read from is PromQL", () => {
  const text = "bind a.b = prom.query(\n  `sum(up)`,\n  every: 5s\n)\nallow http.* on a";
  has(
    text,
    ["bind", "keyword.control"],
    ["a.b", "variable.other.member"],
    ["sum(up)", "string.unquoted.promql"],
    ["5s", "constant.numeric"],
    ["allow", "keyword.control"],
  );
  has("bind a.b = app.ratio(good: `x`, all: `y`)\nlimit { traffic <= 5% }", ["y", "string.unquoted.promql"], [
    "traffic",
    "support.variable.limit",
  ]);
});

test("a raw text of a binding ends where it ends", () => {
  const allow = ["allow", "keyword.control"];
  has(
    'bind a.b = prom.query(```sum(up{code=~`5..`}) / sum(up{job="`"})```)\nallow http.* on a',
    ['"`"', "string.quoted.double.promql"],
    [")", "punctuation.bracket"],
    allow,
  );
  has("bind a.b = prom.query(```\n  sum(`x`)\n```, every: 5s)\nallow http.* on a", ["5s", "constant.numeric"], allow);
  // While it is written.
  has("bind a.b = prom.query(`sum(x\nallow http.* on a", ["sum(x", "string.unquoted.promql"], allow);
  has("bind a.b = prom.query(`sum(x\n}\nbind c.d = f(`up`)", ["}", "punctuation.bracket"], ["bind", "keyword.control"], [
    "up",
    "string.unquoted.promql",
  ]);
  has("bind a.b = `up`\nallow http.* on a", ["up", "string.quoted.other.raw"], allow);
});

test("a sign belongs to no number, a hyphen to its name", () => {
  has("let a = -5%", ["-", "keyword.operator"], ["5%", "constant.numeric"]);
  has("float in -5..-1", ["5", "constant.numeric"], ["..", "keyword.operator"], ["1", "constant.numeric"]);
  has("let a = b-5", ["b-5", "source"]);
});
