// The client: starts `chaos lsp`, and does what its lenses ask for.

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");
const { check } = require("./check");
const { plan } = require("./plan");
const { test } = require("./test");
const { program } = require("./program");

let client;

/** Starts the language server; says what to do where there is none. */
async function start() {
  const path = program();
  // Without a transport it is standard input and output, and no argument says so.
  const run = { command: path, args: ["lsp"] };
  client = new LanguageClient("chaos", "Chaos", run, {
    documentSelector: [{ language: "chaos", scheme: "file" }, { language: "chaos", scheme: "untitled" }],
    initializationOptions: { lints: vscode.workspace.getConfiguration("chaos").get("lints") },
    outputChannel: output(),
  });
  try {
    await client.start();
  } catch (error) {
    await missing(path, error);
  }
}

let channel;

function output() {
  channel ??= vscode.window.createOutputChannel("Chaos", { log: true });
  return channel;
}

async function missing(path, error) {
  output().error(`${path} lsp does not start: ${error}`);
  const settings = "Open the setting";
  const chosen = await vscode.window.showErrorMessage(
    `\`${path} lsp\` does not start. Is chaos installed? The setting chaos.path says where.`,
    settings,
  );
  if (chosen === settings) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "chaos.path");
  }
}

async function restart() {
  await stop();
  await start();
}

async function stop() {
  const old = client;
  client = undefined;
  // A client whose server never started cannot be stopped.
  await old?.stop().catch(() => {});
}

/** @param {vscode.ExtensionContext} context */
async function activate(context) {
  const commands = {
    "chaos.check": check,
    "chaos.plan": (address, name) => plan(context, address, name),
    "chaos.test": test,
    "chaos.restart": restart,
    "chaos.output": () => output().show(),
  };
  for (const [name, run] of Object.entries(commands)) {
    context.subscriptions.push(vscode.commands.registerCommand(name, run));
  }
  const changed = (event) => {
    if (event.affectsConfiguration("chaos.path") || event.affectsConfiguration("chaos.lints")) {
      return restart();
    }
  };
  context.subscriptions.push(vscode.workspace.onDidChangeConfiguration(changed));
  await start();
}

module.exports = { activate, deactivate: stop };
