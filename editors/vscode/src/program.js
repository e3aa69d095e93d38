// The program, and what it is asked besides the language server.

const { execFile } = require("node:child_process");
const path = require("node:path");
const vscode = require("vscode");

/** The program: a name on the path, or a file. */
function program() {
  return vscode.workspace.getConfiguration("chaos").get("path") || "chaos";
}

/** What the program says to these arguments in a file's folder. */
function ask(file, ...words) {
  return new Promise((resolve) => {
    const options = { cwd: path.dirname(file), maxBuffer: 64 << 20 };
    execFile(program(), words, options, (error, out, err) => {
      // A program that cannot be started has no code of its own.
      const code = typeof error?.code === "number" ? error.code : error ? undefined : 0;
      resolve({ code, out, err: err || (code === undefined ? String(error) : "") });
    });
  });
}

/** Runs the program in a terminal, as a task whose findings become problems. */
function run(name, folder, ...words) {
  const execution = new vscode.ProcessExecution(program(), words, folder ? { cwd: folder } : {});
  const scope = vscode.workspace.workspaceFolders?.[0] ?? vscode.TaskScope.Global;
  const task = new vscode.Task({ type: "process" }, scope, name, "chaos", execution, "$chaos");
  task.presentationOptions = { clear: true, reveal: vscode.TaskRevealKind.Always };
  return vscode.tasks.executeTask(task);
}

/** The document that is meant: the one with this address, or the one being edited; saved. */
async function document(address) {
  const found = address
    ? await vscode.workspace.openTextDocument(vscode.Uri.parse(address))
    : vscode.window.activeTextEditor?.document;
  if (found?.languageId !== "chaos") {
    await vscode.window.showInformationMessage("Open a .chaos file first.");
    return undefined;
  }
  await found.save();
  return found;
}

/** Asks which of several things in a document is meant; the one that stands before the cursor comes first. */
async function choose(found, pattern, what) {
  const text = found.getText();
  const all = [...text.matchAll(pattern)].map((match) => ({ label: match[1], at: match.index }));
  if (all.length < 2) {
    return all[0]?.label;
  }
  const editor = vscode.window.visibleTextEditors.find((it) => it.document === found);
  const cursor = editor ? found.offsetAt(editor.selection.active) : 0;
  const before = all.filter((it) => it.at <= cursor).at(-1);
  const sorted = before ? [before, ...all.filter((it) => it !== before)] : all;
  return (await vscode.window.showQuickPick(sorted, { placeHolder: what }))?.label;
}

module.exports = { ask, choose, document, program, run };
