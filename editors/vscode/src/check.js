// Everything in the workspace is checked, open or not.

const vscode = require("vscode");
const { run } = require("./program");

async function check() {
  await vscode.workspace.saveAll(false);
  for (const folder of vscode.workspace.workspaceFolders ?? []) {
    await run("check", folder.uri.fsPath, "check", "--format", "concise", ".");
  }
}

module.exports = { check };
