// Puts the client and what it needs into one file, and the drawing library beside it.
import { build } from "esbuild";
import { copyFile, mkdir } from "node:fs/promises";

await build({
  entryPoints: ["src/extension.js"],
  outfile: "dist/extension.js",
  bundle: true,
  external: ["vscode"],
  format: "cjs",
  minify: true,
  platform: "node",
  target: "node20",
});
await mkdir("dist", { recursive: true });
await copyFile("node_modules/mermaid/dist/mermaid.min.js", "dist/mermaid.min.js");
for (const licence of ["LICENSE-APACHE", "LICENSE-MIT"]) {
  await copyFile(`../../${licence}`, licence);
}
