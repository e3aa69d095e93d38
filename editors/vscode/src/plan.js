// The plan of an experiment: its graph as a drawing, and what is proven of it.

const crypto = require("node:crypto");
const vscode = require("vscode");
const { ask, choose, document } = require("./program");

const EXPERIMENTS = /^\s*experiment\s+([\w-]+)\s+on\b/gm;

/** @type {Map<string, vscode.WebviewPanel>} */
const panels = new Map();

/** Shows the plan of the experiment that a lens names; from the palette, of the one that is chosen. */
async function plan(context, address, name) {
  const found = await document(address);
  const chosen = found && (name ?? (await choose(found, EXPERIMENTS, "Which experiment?")));
  if (!chosen) {
    return;
  }
  const file = found.uri.fsPath;
  const key = `${file} ${chosen}`;
  const panel = panels.get(key) ?? open(context, key, file, chosen);
  await fill(context, panel, file, chosen);
  panel.reveal(undefined, true);
}

/** A panel beside the file, drawn again whenever a program is saved. */
function open(context, key, file, name) {
  const options = {
    enableScripts: true,
    localResourceRoots: [vscode.Uri.joinPath(context.extensionUri, "dist")],
    retainContextWhenHidden: true,
  };
  const where = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
  const panel = vscode.window.createWebviewPanel("chaos.plan", `Plan of ${name}`, where, options);
  panels.set(key, panel);
  const saved = vscode.workspace.onDidSaveTextDocument((it) => {
    if (it.languageId === "chaos") {
      return fill(context, panel, file, name);
    }
  });
  panel.onDidDispose(() => {
    saved.dispose();
    panels.delete(key);
  });
  return panel;
}

async function fill(context, panel, file, name) {
  const words = [file, "--experiment", name, "--color", "never"];
  const [graph, text] = await Promise.all([ask(file, "graph", ...words), ask(file, "plan", ...words)]);
  const script = panel.webview.asWebviewUri(vscode.Uri.joinPath(context.extensionUri, "dist", "mermaid.min.js"));
  panel.webview.html = page(name, panel.webview.cspSource, script, graph, text);
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
}

function page(name, source, script, graph, text) {
  const nonce = crypto.randomBytes(16).toString("hex");
  const drawn = graph.code === 0 ? `<pre class="mermaid" id="graph">${escaped(graph.out)}</pre>` : "";
  const said = text.code === 0 ? text.out : text.err || text.out;
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy"
    content="default-src 'none'; style-src 'unsafe-inline'; font-src ${source}; script-src 'nonce-${nonce}';">
  <title>${escaped(name)}</title>
  <style>
    body { padding: 1em; }
    pre.mermaid { background: white; border-radius: 4px; padding: 1em; text-align: center; }
    pre.said { font-family: var(--vscode-editor-font-family); overflow-x: auto; }
  </style>
</head>
<body>
  <h2>${escaped(name)}</h2>
  ${drawn}
  <pre class="said">${escaped(said)}</pre>
  <script nonce="${nonce}" src="${script}"></script>
  <script nonce="${nonce}">mermaid.initialize({ startOnLoad: true, securityLevel: "strict" });</script>
</body>
</html>`;
}

module.exports = { plan };
