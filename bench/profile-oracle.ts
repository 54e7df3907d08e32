/**
 * Compares src/profile with Go's own reader (bench/oracle/pprof) on every capture: canonical lines of each profile, `go tool pprof -top`
 * (flat and cumulative), and merged differences. `--record` writes the digests that the unit tests use.
 *
 *     npx tsx bench/profile-oracle.ts [--record] [more profiles…]
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { canonicalLines } from "../src/profile/canonical.ts";
import { framesOf, type Profile } from "../src/profile/columns.ts";
import { mergeProfiles } from "../src/profile/merge.ts";
import { decodePprof } from "../src/profile/pprof.ts";
import { topFunctions } from "../src/profile/top.ts";

const here = new URL(".", import.meta.url).pathname;
const captures = join(here, "../testdata/captures");
const scratch = mkdtempSync(join(tmpdir(), "stanch-oracle-"));
const oracle = join(scratch, "oracle");
execFileSync("go", ["build", "-o", oracle, "."], { cwd: join(here, "oracle/pprof"), stdio: "inherit" });
const run = (...args: string[]): string => execFileSync(oracle, args, { encoding: "utf8", maxBuffer: 1 << 29 });
const read = (path: string): Profile => {
  const bytes = readFileSync(path);
  return decodePprof(bytes[0] === 0x1f ? gunzipSync(bytes) : bytes);
};

let same = 0;
let different = 0;
function compare(what: string, ours: string, theirs: string): void {
  if (ours === theirs) {
    same++;
    return;
  }
  different++;
  const a = ours.split("\n");
  const b = theirs.split("\n");
  const i = a.findIndex((line, k) => line !== b[k]);
  console.log(`DIFFERENT ${what}, line ${i}\n  ours ${a[i]?.slice(0, 240)}\n  go   ${b[i]?.slice(0, 240)}`);
}

/** Flat and cumulative by function, as pprof prints them without any cut. */
function goTop(path: string, type: string): string {
  const text = execFileSync(
    "go",
    [
      "tool",
      "pprof",
      "-top",
      "-nodecount=0",
      "-nodefraction=0",
      "-edgefraction=0",
      "-symbolize=none",
      "-unit=minimum",
      `-sample_index=${type}`,
      path,
    ],
    { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] },
  );
  const rows: string[] = [];
  for (const line of text.split("\n")) {
    const m =
      /^\s*(-?\d+)\S*\s+\S+%\s+\S+%\s+(-?\d+)\S*\s+\S+%\s+(.*)$/.exec(line) ??
      /^\s*(0)\s+0%\s+\S+%\s+(-?\d+)\S*\s+\S+%\s+(.*)$/.exec(line);
    if (m !== null) rows.push(`${m[1]} ${m[2]} ${m[3].replace(/ \((?:inline|partial-inline)\)$/, "")}`);
  }
  return rows.sort().join("\n");
}

const digests: Record<string, string> = {};
const files: string[] = [];
for (const version of readdirSync(captures).filter((d) => d.startsWith("go-")))
  for (const file of readdirSync(join(captures, version)).filter((f) => f.endsWith(".pb.gz")))
    files.push(`${version}/${file}`);
for (const name of files) {
  const path = join(captures, name);
  const theirs = run("canon", path);
  digests[name] = createHash("sha256").update(theirs).digest("hex");
  const p = read(path);
  compare(name, `${canonicalLines(p).join("\n")}\n`, theirs);
  // Count types only: pprof scales bytes and times to units as it prints them.
  p.sampleTypes.forEach((t, i) => {
    if (t.unit !== "count") return;
    const ours = topFunctions(p, i)
      .map((r) => `${r.flat} ${r.cum} ${r.func}`)
      .sort()
      .join("\n");
    compare(`${name} -top ${t.type}`, ours, goTop(path, t.type));
  });
}
/** Per stack of names: Go merges by address within one binary, we by name. */
function byNames(p: Profile): string {
  const sums = new Map<string, number[]>();
  const width = p.sampleTypes.length;
  for (let s = 0; s < p.sampleCount; s++) {
    const key = framesOf(p, s)
      .map((f) => `${f.func}:${f.line}`)
      .join("<");
    const row = sums.get(key) ?? Array.from({ length: width }, () => 0);
    for (let t = 0; t < width; t++) row[t] += p.values[s * width + t];
    sums.set(key, row);
  }
  return [...sums]
    .filter(([, v]) => v.some((x) => x !== 0))
    .map(([k, v]) => `${v.join(" ")} ${k}`)
    .sort()
    .join("\n");
}
for (const version of readdirSync(captures).filter((d) => d.startsWith("go-"))) {
  const base = join(captures, version, "heap.pb.gz");
  const next = join(captures, version, "allocs.pb.gz");
  const out = join(scratch, "diff.pb.gz");
  run("subtract", base, next, out);
  compare(`${version} allocs − heap`, byNames(mergeProfiles([read(base), read(next)], [-1, 1])), byNames(read(out)));
}
for (const path of process.argv.slice(2).filter((a) => !a.startsWith("--")))
  compare(path, `${canonicalLines(read(path)).join("\n")}\n`, run("canon", path));
if (process.argv.includes("--record"))
  writeFileSync(join(captures, "oracle.json"), `${JSON.stringify(digests, null, 1)}\n`);
rmSync(scratch, { recursive: true, force: true });
console.log(`${same} same, ${different} different`);
process.exitCode = different === 0 ? 0 : 1;
