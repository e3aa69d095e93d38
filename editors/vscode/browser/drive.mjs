// The extension in a real VS Code: code-server, driven in headless Chromium as a person would.
//
// CHAOS is the program, CODE_SERVER the folder of the package code-server, SHOTS where the pictures go.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = path.dirname(fileURLToPath(import.meta.url));
const repository = path.resolve(here, "../../..");
const chaos = process.env.CHAOS ?? path.join(repository, "target/debug/chaos");
const server = path.join(process.env.CODE_SERVER, "out/node/entry.js");
const shots = process.env.SHOTS ?? path.join(repository, "target/editors");
const LONG = Number(process.env.PATIENCE ?? 60_000);

/** A folder with the quickstart, in which one metric is misspelt and one line is not laid out. */
async function workspace(folder) {
  await cp(path.join(repository, "examples/quickstart"), folder, { recursive: true });
  const file = path.join(folder, "payment_outage.chaos");
  const text = await readFile(file, "utf8");
  const broken = text.replace("abort when checkout.success", "abort when checkout.succes").replace("  run {", "  run   {");
  assert.notEqual(broken, text);
  await writeFile(file, broken);
  return file;
}

/** Where the program is belongs to the machine on which the server runs; all else to the user. */
async function settings(folder) {
  const values = {
    "extensions.autoCheckUpdates": false,
    "security.workspace.trust.enabled": false,
    "telemetry.telemetryLevel": "off",
    "terminal.integrated.gpuAcceleration": "off",
    "update.mode": "none",
    "window.commandCenter": false,
    "workbench.colorTheme": "Default Light Modern",
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": false,
  };
  for (const [name, part] of [["User", values], ["Machine", { "chaos.path": chaos }]]) {
    await mkdir(path.join(folder, name), { recursive: true });
    await writeFile(path.join(folder, name, "settings.json"), JSON.stringify(part));
  }
}

function free_port() {
  return new Promise((resolve) => {
    const listener = createServer().listen(0, "127.0.0.1", () => {
      const { port } = listener.address();
      listener.close(() => resolve(port));
    });
  });
}

/** Starts code-server with the packaged extension, and waits until it listens. */
async function start(home, port) {
  const folders = ["--user-data-dir", path.join(home, "data"), "--extensions-dir", path.join(home, "extensions")];
  const env = { ...process.env, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home, HOME: home, CHAOS_STORE: path.join(home, "store") };
  const vsix = path.join(here, "../chaos.vsix");
  const installed = spawnSync("node", [server, "--install-extension", vsix, ...folders], { env, encoding: "utf8" });
  assert.equal(installed.status, 0, installed.stdout + installed.stderr);
  const quiet = ["--auth", "none", "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"];
  const running = spawn("node", [server, "--bind-addr", `127.0.0.1:${port}`, ...quiet, ...folders], { env });
  await new Promise((resolve, reject) => {
    let said = "";
    const listen = (data) => {
      said += data;
      if (said.includes("HTTP server listening")) resolve();
    };
    running.stdout.on("data", listen);
    running.stderr.on("data", listen);
    running.on("exit", () => reject(new Error(said)));
  });
  return running;
}

async function until(what, ready) {
  for (const end = Date.now() + LONG; !ready(); ) {
    assert.ok(Date.now() < end, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

let passed = 0;

/** Something was seen as it should be. */
function says(...words) {
  passed += 1;
  console.log(...words);
}

class Window {
  constructor(page) {
    this.page = page;
  }

  shot(name) {
    return this.page.screenshot({ path: path.join(shots, `${name}.png`) });
  }

  async command(words) {
    await this.page.keyboard.press("F1");
    const input = this.page.locator(".quick-input-widget input[type=text]");
    await input.waitFor({ timeout: LONG });
    await input.fill(`>${words}`);
    await this.page.locator(".quick-input-list .monaco-list-row.focused", { hasText: words }).waitFor({ timeout: LONG });
    await this.page.keyboard.press("Enter");
  }

  /** Opens a file from the explorer: the quick open asks a search program that npm does not bring. */
  async open(name) {
    await this.page.locator(".explorer-folders-view .monaco-list-row", { hasText: name }).dblclick();
    await this.page.locator(".tab.active", { hasText: name }).waitFor({ timeout: LONG });
  }

  /** A word in the editor: the innermost part of a line that holds it. */
  word(text, line = "") {
    return this.page.locator(".view-line", { hasText: line || text }).locator("span > span", { hasText: text }).first();
  }

  /** The middle of a mark or a word, to which the mouse is moved; marks lie below the text. */
  async point(at) {
    // It may be drawn anew just now.
    let box = null;
    for (const end = Date.now() + LONG; !box && Date.now() < end; ) {
      box = await at.boundingBox({ timeout: LONG });
    }
    await this.page.mouse.move(5, 5);
    await this.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 5 });
  }

  /** Does what a person does, again where nothing comes of it: while lenses and colours come, lines move below the mouse. */
  async again(what, shown, act) {
    for (const end = Date.now() + LONG; Date.now() < end; ) {
      await act();
      const found = await shown.waitFor({ timeout: 3000 }).then(() => true, () => false);
      if (found) {
        return shown;
      }
    }
    throw new Error(`never shown: ${what}`);
  }

  /** What is shown at a place, once it holds some text. */
  hover(at, text) {
    const shown = this.page.locator(".monaco-hover:visible", { hasText: text }).first();
    return this.again(text, shown, () => this.point(at));
  }
}

async function drive(window, file) {
  const { page } = window;
  await page.locator(".monaco-workbench").waitFor({ timeout: LONG });
  await window.open("payment_outage.chaos");

  // What is wrong is underlined, and said.
  const misspelt = page.locator(".squiggly-error").first();
  await misspelt.waitFor({ timeout: LONG });
  const error = await window.hover(misspelt, "unknown metric");
  says("hover over the error:", (await error.innerText()).split("\n")[0]);
  await window.shot("1-broken");

  // The page of its code opens as a document.
  await error.locator("a", { hasText: "E0203" }).click();
  await page.locator(".tab.active", { hasText: "E0203" }).waitFor({ timeout: LONG });
  await page.locator(".view-line", { hasText: "E0203" }).first().waitFor({ timeout: LONG });
  says("page:", await page.locator(".view-line", { hasText: "E0203" }).first().innerText());
  await window.open("payment_outage.chaos");
  await misspelt.waitFor({ timeout: LONG });

  // The fix that the server proposes.
  await page.keyboard.press("Escape");
  const fix = page.locator(".action-widget .monaco-list-row.focused", { hasText: "write `success`" });
  await window.again("the fixes", fix, async () => {
    await page.keyboard.press("Escape");
    await window.point(misspelt);
    await page.mouse.down();
    await page.mouse.up();
    await page.keyboard.press("Control+.");
  });
  await window.shot("2-fixes");
  await page.keyboard.press("Enter");
  await misspelt.waitFor({ state: "detached", timeout: LONG });
  says("fixed:", await page.locator(".view-line", { hasText: "abort when" }).first().innerText());

  // What is right is explained.
  const known = await window.hover(window.word("inject", "inject"), "a fault");
  says("hover over a keyword:", (await known.innerText()).split("\n")[0]);
  await page.keyboard.press("Escape");

  // Laid out, and saved.
  await window.command("Format Document");
  // Blanks are what is looked for, so no matching that makes all of them one.
  const laid = () => [...document.querySelectorAll(".view-line")].some((it) => /^\s*run\s\{/.test(it.textContent));
  await page.waitForFunction(laid, undefined, { timeout: LONG });
  await page.keyboard.press("Control+S");
  await until("a file that is laid out", () => spawnSync(chaos, ["fmt", "--check", file]).status === 0);
  assert.match(await readFile(file, "utf8"), /abort when checkout\.success </);
  says("formatted and saved");

  // The lenses: bounds in words, and the plan as a drawing.
  const lens = page.locator(".codelens-decoration a", { hasText: "plan" }).first();
  await lens.waitFor({ timeout: LONG });
  says("lenses:", (await page.locator(".codelens-decoration").first().innerText()).replaceAll(/\s+/g, " "));
  await lens.click();
  const inner = page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
  await inner.locator("pre.mermaid svg .node").first().waitFor({ timeout: LONG });
  await inner.getByText("exposure").first().waitFor({ timeout: LONG });
  says("plan: a drawing with", await inner.locator("pre.mermaid svg .node").count(), "nodes");
  await window.shot("3-plan");
  await page.keyboard.press("Escape");

  // A test, run from its lens in a terminal.
  await window.open("payment_outage_test.chaos");
  const run = page.locator(".codelens-decoration a", { hasText: "run the test" }).first();
  await run.waitFor({ timeout: LONG });
  await run.click();
  const terminal = page.locator(".xterm-rows").first();
  await terminal.getByText("1 test, 0 failed").first().waitFor({ timeout: LONG });
  says("test:", (await terminal.innerText()).split("\n").find((line) => line.includes("1 test,"))?.trim());
  await window.shot("4-test");

  // The check of everything, and a server that is started again.
  await window.command("Chaos: Check the Workspace");
  await page.locator(".xterm-rows", { hasText: "5 files checked, nothing wrong" }).first().waitFor({ timeout: LONG });
  says("checked the workspace");
  await window.command("Chaos: Restart the Language Server");
  await window.open("payment_outage.chaos");
  await window.word("hypothesis").click();
  await page.keyboard.press("Home");
  await page.keyboard.type("wrong ");
  await page.locator(".squiggly-error").first().waitFor({ timeout: LONG });
  says("started again: sees what is wrong");
}

const home = await mkdtemp(path.join(tmpdir(), "chaos-editors-"));
await mkdir(shots, { recursive: true });
const folder = path.join(home, "quickstart");
const file = await workspace(folder);
await settings(path.join(home, "data"));
const port = await free_port();
const running = await start(home, port);
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [...flags, "--disable-component-update", "--disable-sync"],
});
const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
const window = new Window(page);
try {
  await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(folder)}`);
  await drive(window, file);
  console.log(`${passed} passed, 0 failed`);
} catch (error) {
  await window.shot("failed");
  await cp(path.join(home, "data/logs"), path.join(shots, "logs"), { recursive: true });
  throw error;
} finally {
  await browser.close();
  running.kill();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}
