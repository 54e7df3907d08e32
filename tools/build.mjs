// Builds what the package ships: dist/stanch.mjs (the command), dist/worker.mjs (the analysis worker), dist/go.mjs
// with its types (the "stanch/go" library) and dist/web (the page of `stanch serve`). Plain JavaScript because `npm ci` runs it first.
import { build } from "esbuild";
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const at = (...parts) => join(root, ...parts);
const { version } = JSON.parse(readFileSync(at("package.json"), "utf8"));

rmSync(at("dist"), { recursive: true, force: true });
mkdirSync(at("dist"));

const entries = {
  stanch: "src/cli/main.ts",
  worker: "src/check/worker.ts",
  "lsp-worker": "src/lsp/worker.ts",
  go: "src/go/index.ts",
};
await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(at(path)))),
  outdir: at("dist"),
  outExtension: { ".js": ".mjs" },
  bundle: true,
  splitting: true, // commands load on demand: `stanch --version` reads only its own chunk
  chunkNames: "chunks/[name]-[hash]",
  platform: "node",
  target: "node20.19",
  format: "esm",
  sourcemap: "linked",
  sourcesContent: false,
  minifySyntax: true, // inlines numeric enums, so that V8 compiles `switch (node.kind)` to a jump table
  define: { STANCH_VERSION: JSON.stringify(version) },
  banner: {
    // Bundled CommonJS packages call require() for Node's own modules.
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  loader: { ".md": "text" },
  logLevel: "warning",
});
if (existsSync(at("dist/stanch.mjs"))) chmodSync(at("dist/stanch.mjs"), 0o755);
if (existsSync(at("src/go/stdlib")))
  cpSync(at("src/go/stdlib"), at("dist/stdlib"), { recursive: true, filter: (p) => !p.endsWith(".ts") });
// The page of `stanch serve`: hashed names, so that browsers keep it for ever and never keep an old one.
const forBrowsers = {
  absWorkingDir: root,
  outdir: at("dist/web"),
  entryNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  platform: "browser",
  target: ["es2023", "chrome120", "firefox121", "safari17"],
  format: "esm",
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
};
const worker = await build({ ...forBrowsers, entryPoints: { profiles: "web/profiles/worker.ts" } });
const page = await build({
  ...forBrowsers,
  entryPoints: { app: "web/main.tsx" },
  define: { STANCH_PROFILE_WORKER: JSON.stringify(`/${basename(Object.keys(worker.metafile.outputs)[0])}`) },
  jsx: "automatic",
  jsxImportSource: "preact",
});
let html = readFileSync(at("web/index.html"), "utf8");
for (const path of Object.keys(page.metafile.outputs)) {
  const name = basename(path);
  html = html.replace(name.endsWith(".css") ? "/APP.css" : "/APP.js", `/${name}`);
}
writeFileSync(at("dist/web/index.html"), html);
execFileSync(process.execPath, [at("node_modules/typescript/bin/tsc"), "-p", at("tsconfig.types.json")], {
  stdio: "inherit",
});
