/**
 * Descriptors and sockets of one process with 10,000 files and 9,000 sockets of the 50,000 in its network namespace, against lsof, netstat and ss doing the same, in turn.
 *
 *     npx tsx bench/proc-scan.ts [runs]
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { median, spread, startTarget } from "./live-target.ts";

const here = new URL(".", import.meta.url).pathname;
const runs = Number(process.argv[2] ?? 5);
mkdirSync(join(here, ".work"), { recursive: true });
const ours = join(here, ".work/scan.mjs");
await build({
  stdin: {
    contents: `
      import { ProcReader, readFds } from "../../src/probe/procfs.ts";
      import { ownSockets, readSockets } from "../../src/probe/sockets.ts";
      const proc = new ProcReader();
      const pid = Number(process.argv[2]);
      const scan = () => {
        const fds = readFds(proc, pid);
        const own = ownSockets(readSockets(proc, pid), fds);
        return [fds.count, own.total, own.groups.length];
      };
      const found = scan();
      if (process.argv[3] === "again") {
        const started = performance.now();
        scan();
        console.log(performance.now() - started);
      } else console.log(...found);`,
    resolveDir: join(here, ".work"),
    loader: "ts",
  },
  bundle: true,
  platform: "node",
  format: "esm",
  outfile: ours,
});
// Three more processes share the network namespace: 50,000 sockets in all, and no process needs more than 20,000 descriptors.
const target = await startTarget({ sockets: 4_500, files: 10_000 });
const others = [
  await startTarget({ sockets: 9_000 }),
  await startTarget({ sockets: 9_000 }),
  await startTarget({ sockets: 3_000 }),
];
try {
  const commands: Record<string, [string, string[]]> = {
    stanch: [process.execPath, [ours, String(target.pid)]],
    ss: ["ss", ["-tnp"]],
    lsof: ["lsof", ["-nP", "-p", String(target.pid)]],
    netstat: ["netstat", ["-tnp"]],
  };
  console.log(
    `process ${target.pid}: ${execFileSync(process.execPath, [ours, String(target.pid)], { encoding: "utf8" }).trim()} (descriptors, sockets, groups)`,
  );
  const times: Record<string, number[]> = {};
  for (let i = 0; i < runs; i++)
    for (const [name, [command, args]] of Object.entries(commands)) {
      if (name === "netstat" && i >= 2) continue; // minutes
      const started = performance.now();
      const { status, error } = spawnSync(command, args, { stdio: ["ignore", "ignore", "ignore"], maxBuffer: 1 << 28 });
      if (error !== undefined || status !== 0) continue;
      (times[name] ??= []).push(performance.now() - started);
    }
  // As a command that goes on looking pays it: Node's start and compilation are behind it.
  for (let i = 0; i < runs; i++)
    (times["again"] ??= []).push(
      Number(execFileSync(process.execPath, [ours, String(target.pid), "again"], { encoding: "utf8" })),
    );
  const us = median(times["again"]);
  for (const [name, ms] of Object.entries(times))
    console.log(
      `${name.padEnd(8)} ${spread(ms)} ms${name === "stanch" ? " (whole process, Node's start included)" : name === "again" ? " (a further look of the same process)" : `  ${(median(ms) / us).toFixed(2)}× a further look, ${(median(ms) / median(times["stanch"])).toFixed(2)}× a whole process`}`,
    );
} finally {
  for (const t of [target, ...others]) t.child.kill();
}
