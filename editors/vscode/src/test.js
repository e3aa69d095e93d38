// A test of an experiment, in virtual time.

const path = require("node:path");
const { choose, document, run } = require("./program");

const TESTS = /^\s*test\s+"([^"\n]*)"/gm;

/** Runs the test that a lens names; from the palette, the one that is chosen. */
async function test(address, name) {
  const found = await document(address);
  const chosen = found && (name ?? (await choose(found, TESTS, "Which test?")));
  if (chosen !== undefined) {
    const file = found.uri.fsPath;
    await run(`test ${chosen}`, path.dirname(file), "test", file, "--filter", chosen);
  }
}

module.exports = { test };
