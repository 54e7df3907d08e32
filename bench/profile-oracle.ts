/**
 * Compares src/profile with Go's own reader (bench/oracle/pprof) on every capture: canonical lines of each profile, `go tool pprof -top`
 * (flat and cumulative), merged differences, and what `stanch profile OLD NEW` prints against what `pprof -diff_base OLD NEW -top` prints. `--record` writes the digests that the unit tests use.
 *
 *     npx tsx bench/profile-oracle.ts [--record] [more profiles…]
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { build } from "esbuild";
import { canonicalLines } from "../src/profile/canonical.ts";
import { framesOf, type Profile } from "../src/profile/columns.ts";
import { mergeProfiles } from "../src/profile/merge.ts";
import { strictName } from "../src/profile/names.ts";
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
function goTop(path: string, type: string, unit: string, base?: string): string {
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
      // In bytes and nanoseconds: as they are counted, not as they are scaled for people.
      `-unit=${unit === "bytes" ? "B" : unit === "nanoseconds" ? "ns" : "minimum"}`,
      `-sample_index=${type}`,
      ...(base === undefined ? [] : ["-diff_base", base]),
      path,
    ],
    { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] },
  );
  const rows: string[] = [];
  for (const line of text.split("\n")) {
    const m =
      /^\s*(-?\d+)\S*\s+\S+%\s+\S+%\s+(-?\d+)\S*\s+\S+%\s+(.*)$/.exec(line) ??
      /^\s*(0)\s+0%\s+\S+%\s+(-?\d+)\S*\s+\S+%\s+(.*)$/.exec(line);
    // Functions whose changes cancel out are no change.
    if (m !== null && (m[1] !== "0" || m[2] !== "0"))
      rows.push(`${m[1]} ${m[2]} ${m[3].replace(/ \((?:inline|partial-inline)\)$/, "")}`);
  }
  return rows.sort().join("\n");
}

const digests: Record<string, string> = {};
const files: string[] = [];
for (const version of readdirSync(captures).filter((d) => /^(?:go|jvm)-/.test(d)))
  for (const file of readdirSync(join(captures, version)).filter((f) => f.endsWith(".pb.gz")))
    files.push(`${version}/${file}`);
for (const name of files) {
  const path = join(captures, name);
  const theirs = run("canon", path);
  digests[name] = createHash("sha256").update(theirs).digest("hex");
  const p = read(path);
  compare(name, `${canonicalLines(p).join("\n")}\n`, theirs);
  p.sampleTypes.forEach((t, i) => {
    const ours = topFunctions(p, i)
      .map((r) => `${r.flat} ${r.cum} ${r.func}`)
      .sort()
      .join("\n");
    compare(`${name} -top ${t.type}`, ours, goTop(path, t.type, t.unit));
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
/** The command itself, on pairs of captures: one build at two moments, and two builds. */
const command = join(scratch, "stanch.mjs");
await build({
  entryPoints: [join(here, "../src/cli/main.ts")],
  outdir: scratch,
  entryNames: "stanch",
  outExtension: { ".js": ".mjs" },
  splitting: true,
  bundle: true,
  platform: "node",
  format: "esm",
  define: { STANCH_VERSION: '"oracle"' },
  banner: { js: "import { createRequire as __r } from 'node:module'; const require = __r(import.meta.url);" },
  loader: { ".md": "text" },
  logLevel: "error",
});
const stanch = (...args: string[]): string =>
  execFileSync(process.execPath, [command, "profile", ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { ...process.env, NO_COLOR: "1", COLUMNS: "400" },
  });
interface DiffReport {
  readonly top: readonly { readonly function: string; readonly flat: number; readonly cum: number }[];
}
/** `+1.2 MiB`, `−512 B`, `+3`, `±0`, `+1.50 s` as a number and how far rounding may have moved it. */
function printed(text: string): { value: number; slack: number } {
  const m = /^([+−±])([\d,]+(?:\.(\d+))?)(?: (\S+))?$/.exec(text);
  if (m === null) throw new Error(`not a printed number: ${text}`);
  const scale = { B: 1, KiB: 1024, MiB: 2 ** 20, GiB: 2 ** 30, µs: 1e3, ms: 1e6, s: 1e9 }[m[4] ?? "B"] ?? Number.NaN;
  const value = Number(m[2].replaceAll(",", "")) * scale * (m[1] === "−" ? -1 : 1);
  return { value, slack: (0.5001 * scale) / 10 ** (m[3]?.length ?? 0) };
}
/** Long names are cut in the middle. */
function fits(shown: string, name: string): boolean {
  const cut = shown.indexOf("…");
  return cut < 0 ? shown === name : name.startsWith(shown.slice(0, cut)) && name.endsWith(shown.slice(cut + 1));
}
function compareDiff(older: string, newer: string): void {
  const [a, b] = [join(captures, older), join(captures, newer)];
  for (const { type, unit } of read(b).sampleTypes) {
    const what = `${older} → ${newer} -diff_base -top ${type}`;
    const theirs = goTop(b, type, unit, a);
    const report = JSON.parse(stanch(a, b, "--type", type, "--most", "1000000", "--format", "json")) as DiffReport;
    const rows = report.top.map((r) => `${r.flat} ${r.cum} ${r.function}`);
    compare(what, rows.sort().join("\n"), theirs);
    // The text says the same, rounded: each printed row is held to pprof's exact one.
    if (/goroutine/.test(type)) continue; // printed as groups, which pprof does not have
    const exact = theirs === "" ? [] : theirs.split("\n").map((l) => /^(\S+) (\S+) (.*)$/.exec(l) ?? []);
    const lines = stanch(a, b, "--type", type, "--most", "1000000").split("\n");
    const from = lines.findIndex((l) => /^ +flat +of older +cum +function$/.test(l));
    const shown: string[] = [];
    for (let i = from + 1; from >= 0 && lines[i] !== ""; i++) {
      const m = /^ *([+−±].*?)(?: +-?[\d.]+ %)? +([+−±].*?)(?: +-?[\d.]+ %)? {2,}(\S.*?)(?: {2}\S*)?$/.exec(lines[i]);
      if (m === null) throw new Error(`cannot read back: ${lines[i]}`);
      const [flat, cum] = [printed(m[1]), printed(m[2])];
      const at = exact.findIndex(
        (x) =>
          fits(m[3], strictName(x[3])) &&
          Math.abs(Number(x[1]) - flat.value) <= flat.slack &&
          Math.abs(Number(x[2]) - cum.value) <= cum.slack,
      );
      if (at < 0) shown.push(lines[i].trim());
      else exact.splice(at, 1);
    }
    compare(`${what}, as printed`, shown.join("\n"), exact.map((x) => x[0]).join("\n"));
  }
}
for (const version of readdirSync(captures).filter((d) => d.startsWith("go-"))) {
  compareDiff(`${version}/heap.pb.gz`, `${version}/allocs.pb.gz`);
  compareDiff(`${version}/goroutine-delta.pb.gz`, `${version}/goroutine.pb.gz`);
}
// Types with bytes, times and counts, in both directions, across builds.
for (const file of ["heap.pb.gz", "cpu.pb.gz", "mutex.pb.gz", "block.pb.gz"]) {
  compareDiff(`go-1.23.12/${file}`, `go-1.25.5/${file}`);
  compareDiff(`go-1.25.5/${file}`, `go-1.23.12/${file}`);
}
for (const path of process.argv.slice(2).filter((a) => !a.startsWith("--")))
  compare(path, `${canonicalLines(read(path)).join("\n")}\n`, run("canon", path));
if (process.argv.includes("--record"))
  writeFileSync(join(captures, "oracle.json"), `${JSON.stringify(digests, null, 1)}\n`);
rmSync(scratch, { recursive: true, force: true });
console.log(`${same} same, ${different} different`);
process.exitCode = different === 0 ? 0 : 1;
