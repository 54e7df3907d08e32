/**
 * Decoding against Go's own profile.Parse on the same file (100,000 samples × 30 frames), gunzip included on both sides, each parse in a
 * process of its own for the peak memory; and a full dump of just under 64 MiB. Ratios come from one run.
 *
 *     npx tsx bench/profile-decode.ts [runs]
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { build } from "esbuild";
import { median, spread } from "./live-target.ts";

const here = new URL(".", import.meta.url).pathname;
const work = join(here, ".work");
const runs = Number(process.argv[2] ?? 7);
mkdirSync(work, { recursive: true });
const oracle = join(work, "oracle-pprof");
execFileSync("go", ["build", "-o", oracle, "."], { cwd: join(here, "oracle/pprof"), stdio: "inherit" });
const file = join(work, "heap-100k.pb.gz");
if (!existsSync(file)) execFileSync(oracle, ["gen", file, "100000", "30"], { stdio: "inherit" });
const dump = join(work, "dump-64m.txt");
if (!existsSync(dump)) writeFileSync(dump, makeDump(63.9 * (1 << 20)));

// What ships is a bundle, and a loader would count against us.
const ours = join(work, "decode.mjs");
await build({
  stdin: {
    contents: `
      import { openSync, readFileSync, readSync } from "node:fs";
      import { gunzipSync } from "node:zlib";
      import { decodePprof } from "../../src/profile/pprof.ts";
      import { DumpParser } from "../../src/profile/dump.ts";
      const [what, file, n] = process.argv.slice(2);
      for (let i = 0; i < Number(n); i++) {
        if (what === "pprof") {
          const packed = readFileSync(file);
          const t = performance.now();
          decodePprof(gunzipSync(packed));
          console.log(performance.now() - t);
        } else {
          const t = performance.now();
          const parser = new DumpParser();
          const fd = openSync(file);
          const chunk = new Uint8Array(65536);
          for (let k; (k = readSync(fd, chunk)) > 0; ) parser.push(chunk.subarray(0, k));
          const d = parser.finish();
          console.log(performance.now() - t);
          if (d.count < 1000) throw new Error("not parsed");
        }
      }
      console.log(process.resourceUsage().maxRSS);`,
    resolveDir: work,
    loader: "ts",
  },
  bundle: true,
  platform: "node",
  format: "esm",
  outfile: ours,
});
function timed(command: string, args: string[]): { ms: number[]; rss: number } {
  const numbers = execFileSync(command, args, { encoding: "utf8" }).trim().split("\n").map(Number);
  return { ms: numbers.slice(0, -1), rss: (numbers.pop() ?? 0) / 1024 };
}
/** One parse per process for memory, many in one for speed, both sides in turn. */
const once = { ours: [] as number[], go: [] as number[] };
const rss = { ours: [] as number[], go: [] as number[] };
for (let i = 0; i < 3; i++) {
  const a = timed(process.execPath, [ours, "pprof", file, "1"]);
  const b = timed(oracle, ["time", file, "1"]);
  once.ours.push(a.ms[0]);
  once.go.push(b.ms[0]);
  rss.ours.push(a.rss);
  rss.go.push(b.rss);
}
const go = timed(oracle, ["time", file, String(runs)]);
const us = timed(process.execPath, [ours, "pprof", file, String(runs)]);
const raw = gunzipSync(readFileSync(file)).length / 1e6;
console.log(
  `heap profile, 100,000 samples × 30 frames, ${raw.toFixed(1)} MB raw, gunzip and decode, ms: median (least to most)`,
);
console.log(
  `  stanch ${spread(us.ms)}, ${(raw / (median(us.ms) / 1000)).toFixed(0)} MB/s; first parse ${spread(once.ours)}; peak ${median(rss.ours).toFixed(0)} MiB`,
);
console.log(
  `  go     ${spread(go.ms)}, ${(raw / (median(go.ms) / 1000)).toFixed(0)} MB/s; first parse ${spread(once.go)}; peak ${median(rss.go).toFixed(0)} MiB`,
);
console.log(
  `  ratio  ${(median(go.ms) / median(us.ms)).toFixed(2)}× Go's speed; ${(median(rss.ours) / median(rss.go)).toFixed(2)}× its memory`,
);
const d = timed(process.execPath, [ours, "dump", dump, "5"]);
const size = readFileSync(dump).length;
console.log(
  `full dump of ${(size / (1 << 20)).toFixed(1)} MiB: ${spread(d.ms)} ms, peak ${d.rss.toFixed(0)} MiB for the whole process`,
);

/** Goroutines of two hundred different stacks, with arguments that differ every time, as a real dump has them. */
function makeDump(bytes: number): string {
  const parts: string[] = [];
  let length = 0;
  let seed = 1;
  const next = (n: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % n;
  };
  const hex = (): string => `0xc000${(next(1 << 20) * 16).toString(16)}`;
  for (let id = 1; length < bytes; id++) {
    const kind = next(200);
    const depth = 3 + (kind % 12);
    let text = `goroutine ${id} [${["select", "chan receive", "IO wait", "semacquire"][kind % 4]}${kind % 3 === 0 ? `, ${1 + next(90)} minutes` : ""}]:\n`;
    for (let f = 0; f < depth; f++)
      text += `example.com/service/pkg${kind}.(*Worker).step${f}(${hex()}, {${hex()}, ${hex()}}, 0x${f})\n\t/src/service/pkg${kind}/worker.go:${100 + f * 7} +0x${(f * 16 + 29).toString(16)}\n`;
    text += `created by example.com/service/pkg${kind}.Start in goroutine ${1 + next(100)}\n\t/src/service/pkg${kind}/start.go:41 +0x59\n\n`;
    parts.push(text);
    length += text.length;
  }
  return parts.join("");
}
