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
      const scan = async () => {
        const namespace = readSockets(proc, pid);
        const fds = readFds(proc, pid);
        const own = ownSockets(await namespace, fds);
        return [fds.count, own.total, own.groups.length];
      };
      const found = await scan();
      if (process.argv[3] === "again") {
        // The median of fifteen: what each look of a watch costs, once its code is compiled.
        const times = [];
        for (let i = 0; i < 15; i++) {
          const started = performance.now();
          await scan();
          times.push(performance.now() - started);
        }
        console.log(times.sort((a, b) => a - b)[7]);
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
    "ss -tnp": ["ss", ["-tnp"]],
    "lsof -p": ["lsof", ["-p", String(target.pid)]],
    "lsof -nP -p": ["lsof", ["-nP", "-p", String(target.pid)]],
    "netstat -tnp": ["netstat", ["-tnp"]],
  };
  console.log(
    `process ${target.pid}: ${execFileSync(process.execPath, [ours, String(target.pid)], { encoding: "utf8" }).trim()} (descriptors, sockets, groups)`,
  );
  const again = (env: Record<string, string>) =>
    Number(
      execFileSync(process.execPath, [ours, String(target.pid), "again"], {
        encoding: "utf8",
        env: { ...process.env, ...env },
      }),
    );
  const times: Record<string, number[]> = {};
  const note = (name: string, ms: number) => (times[name] ??= []).push(ms);
  // Each command beside a look of ours, so that both have the same machine.
  const ratios: Record<string, { look: number[]; whole: number[] }> = {};
  for (let i = 0; i < runs; i++) {
    const timed: Record<string, number> = {};
    for (const [name, [command, args]] of Object.entries(commands)) {
      const started = performance.now();
      const { status, error } = spawnSync(command, args, { stdio: ["ignore", "ignore", "ignore"], maxBuffer: 1 << 28 });
      if (error !== undefined || status !== 0) continue;
      note(name, (timed[name] = performance.now() - started));
      // As a command that goes on looking pays it: Node's start and compilation are behind it.
      const look = again({});
      note("a look", look);
      if (name === "stanch") continue;
      const ratio = (ratios[name] ??= { look: [], whole: [] });
      ratio.look.push(timed[name] / look);
      ratio.whole.push(timed[name] / timed["stanch"]);
    }
    note("a look, /proc only", again({ STANCH_NO_NATIVE: "1" }));
  }
  for (const [name, ms] of Object.entries(times)) {
    const ratio = ratios[name];
    console.log(
      `${name.padEnd(18)} ${spread(ms)} ms${name === "stanch" ? " (whole process, Node's start included)" : ""}${
        ratio === undefined
          ? ""
          : `  ${median(ratio.look).toFixed(2)}× a look (${Math.min(...ratio.look).toFixed(2)}-${Math.max(...ratio.look).toFixed(2)}), ${median(ratio.whole).toFixed(2)}× a whole process`
      }`,
    );
  }
} finally {
  for (const t of [target, ...others]) t.child.kill();
}
