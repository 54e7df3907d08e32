/** For tests: how to start the command. The build is several times as fast as running from source; it is used while it is fresh. */
import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

function newest(dir: string): number {
  let time = 0;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) time = entry.name === "testdata" ? time : Math.max(time, newest(path));
    else if (!entry.name.includes(".test.")) time = Math.max(time, statSync(path).mtimeMs);
  }
  return time;
}

/** Arguments for node: `node ...stanchCommand() check`. */
export function stanchCommand(): string[] {
  const built = join(root, "dist/stanch.mjs");
  const time = statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (time > newest(join(root, "src"))) return [built];
  return ["--import", join(root, "node_modules/tsx/dist/esm/index.mjs"), join(root, "src/cli/main.ts")];
}

/** The command in one piece, as tools/build.mjs makes it, in a folder below node_modules (the store's driver is found from there). */
export async function bundleCommand(scratch: string): Promise<string> {
  const { build } = await import("esbuild");
  await build({
    entryPoints: [join(root, "src/cli/main.ts")],
    outdir: scratch,
    entryNames: "stanch",
    outExtension: { ".js": ".mjs" },
    splitting: true,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    define: { STANCH_VERSION: '"0.0.0-test"' },
    banner: { js: "import { createRequire as __r } from 'node:module'; const require = __r(import.meta.url);" },
    loader: { ".md": "text" },
    logLevel: "silent",
  });
  return join(scratch, "stanch.mjs");
}
