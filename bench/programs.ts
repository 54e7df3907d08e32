/**
 * Twenty-four live Go programs, half of them healthy, watched at once: no false alarm, every leak found, the line right.
 *
 *     npx tsx bench/programs.ts [--minutes 6] [--interval 1s] [--period SECONDS] [--trace 10s] [--also NAME=URL…] [--source DIR…] [NAME…]
 *
 * The programs are in bench/programs, with the loads that services have: growing all the time, sine, bursts, ramps, steps, restarts, gaps,
 * a sawtooth of 40 MB. A leak is found where a verdict says so; its line is right where the verdict's location, or the finding that was
 * joined to it, is a line that carries the comment `LEAK name`, or a line of the function that holds it. Anything a healthy program is
 * called at any time counts against us. `--trace` has bpftrace say who opens descriptors that leak (root). `--also` watches what runs already beside them and shows what it is called. Results are kept in
 * bench/.work/programs.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { median } from "./live-target.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: "string", default: "6" },
    interval: { type: "string", default: "1s" },
    period: { type: "string", default: "60" },
    trace: { type: "string" },
    also: { type: "string", multiple: true },
    source: { type: "string", multiple: true },
  },
});
const here = import.meta.dirname;
const work = join(here, ".work/programs");
mkdirSync(work, { recursive: true });
const source = join(here, "programs");
execFileSync("go", ["build", "-o", `${work}/`, "./..."], { cwd: source, stdio: "inherit" });
const all = readdirSync(source).filter((d) => existsSync(join(source, d, "main.go")));
const names = positionals.length > 0 ? positionals : all;
for (const n of names) if (!all.includes(n)) throw new Error(`${n} is none of ${all.join(", ")}`);

interface Mark {
  readonly file: string;
  /** The marked line, and the first and last of the function around it. */
  readonly line: number;
  readonly from: number;
  readonly to: number;
}

/** `// LEAK name`, with the function around it: from the last line that begins with `func` to the next that is `}`. */
const marks = new Map<string, Mark>();
for (const program of all) {
  const file = join(program, "main.go");
  const lines = readFileSync(join(source, file), "utf8").split("\n");
  lines.forEach((text, i) => {
    const name = /\/\/ LEAK (\S+)/.exec(text)?.[1];
    if (name === undefined) return;
    let from = i;
    while (!lines[from].startsWith("func ")) from--;
    marks.set(name, { file, line: i + 1, from: from + 1, to: lines.indexOf("}", i) + 1 });
  });
}

interface Place {
  readonly file: string;
  readonly line: number;
}
interface Verdict {
  readonly kind: string;
  readonly label: string;
  readonly status: string;
  readonly shape: string;
  readonly decidedAtSeconds: number | null;
  readonly location: Place | null;
  readonly stack: readonly Place[];
  readonly finding: (Place & { readonly rule: string }) | null;
}
interface Event {
  readonly event: string;
  readonly target?: string;
  readonly verdict?: Verdict;
  readonly targets?: readonly {
    readonly target: string;
    readonly looks: number;
    readonly verdicts: readonly Verdict[];
  }[];
}

const children: ChildProcess[] = [];
const stop = (): void => {
  for (const c of children) c.kill("SIGKILL");
};
process.on("exit", stop);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

const nameOf = new Map<string, string>();
for (const [i, name] of names.entries()) {
  const address = `127.0.0.1:${17_400 + i}`;
  const child = spawn(join(work, name), [flags.period], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ADDR: address },
  });
  children.push(child);
  await new Promise<void>((done) => void child.stdout.once("data", () => done()));
  nameOf.set(`http://${address}`, name);
}

const also = new Map((flags.also ?? []).map((a) => [a.slice(a.indexOf("=") + 1), a.slice(0, a.indexOf("="))]));
for (const [url, name] of also) nameOf.set(url, name);

const log = createWriteStream(join(work, "events.ndjson"));
const watch = spawn(
  process.execPath,
  [
    join(here, "../dist/stanch.mjs"),
    "watch",
    ...nameOf.keys(),
    "--interval",
    flags.interval,
    "--duration",
    `${flags.minutes}m`,
    "--format",
    "ndjson",
    "--no-evidence",
    ...(flags.trace === undefined ? [] : ["--trace", flags.trace]),
    "--source",
    source,
    ...(flags.source ?? []),
    "--store",
    join(work, `store-${Date.now()}.db`),
  ],
  { stdio: ["ignore", "pipe", "inherit"] },
);
children.push(watch);
const called = new Map<string, Verdict[]>();
let end: Event | null = null;
for await (const line of createInterface({ input: watch.stdout })) {
  log.write(`${line}\n`);
  const event = JSON.parse(line) as Event;
  if (event.event === "end") end = event;
  if (event.event !== "verdict" || event.verdict?.status !== "leak" || event.target === undefined) continue;
  const name = nameOf.get(event.target) ?? event.target;
  called.set(name, [...(called.get(name) ?? []), event.verdict]);
  process.stderr.write(
    `${new Date().toISOString().slice(11, 19)}  ${name}: ${event.verdict.kind} ${event.verdict.label} after ${event.verdict.decidedAtSeconds?.toFixed(0)} s\n`,
  );
}
stop();

/** The marked line itself, a line of its function, or neither. */
function right(verdict: Verdict, mark: Mark): "line" | "function" | null {
  const places = [verdict.location, verdict.finding, ...verdict.stack].filter((p): p is Place => p !== null);
  const here = places.filter((p) => p.file.endsWith(`/${mark.file}`) || p.file === mark.file);
  if (here.some((p) => p.line === mark.line)) return "line";
  return here.some((p) => p.line >= mark.from && p.line <= mark.to) ? "function" : null;
}

// At the end the source has been asked too.
for (const t of end?.targets ?? []) {
  const name = nameOf.get(t.target) ?? t.target;
  const leaks = t.verdicts.filter((v) => v.status === "leak");
  if (leaks.length > 0) called.set(name, [...(called.get(name) ?? []), ...leaks]);
}

let falseAlarms = 0;
let missed = 0;
const list = (verdicts: readonly Verdict[]): string =>
  [...new Set(verdicts.map((v) => `${v.kind} ${v.label}${v.finding === null ? "" : ` [${v.finding.rule}]`}`))].join(
    "; ",
  );
let lines = 0;
let leaks = 0;
const times: number[] = [];
const rows: string[] = [];
for (const name of names) {
  const mark = marks.get(name);
  const verdicts = called.get(name) ?? [];
  if (mark === undefined) {
    falseAlarms += verdicts.length;
    rows.push(`${name.padEnd(12)} healthy  ${verdicts.length === 0 ? "nothing" : `FALSE ${list(verdicts)}`}`);
    continue;
  }
  leaks++;
  const first = verdicts[0];
  const best = verdicts.map((v) => right(v, mark));
  const line = best.includes("line") ? "line" : best.includes("function") ? "function" : "no line";
  if (first === undefined) missed++;
  else times.push(first.decidedAtSeconds ?? 0);
  if (line === "line") lines++;
  rows.push(
    `${name.padEnd(12)} leaking  ${first === undefined ? "MISSED" : `after ${first.decidedAtSeconds?.toFixed(0)} s, ${line} right: ${list(verdicts)}`}`,
  );
}
for (const name of also.values())
  rows.push(
    `${name.padEnd(12)} beside   ${(called.get(name) ?? []).map((v) => `after ${v.decidedAtSeconds?.toFixed(0)} s ${v.kind} ${v.label} (${v.finding?.rule ?? "no finding"})`).join("; ") || "nothing"}`,
  );
const looks = end?.targets?.reduce((n, t) => n + t.looks, 0) ?? 0;
rows.push(
  `${names.length} programs, ${flags.minutes} min at ${flags.interval}, ${looks} looks: ${falseAlarms} false alarms in ${names.length - leaks} healthy ones, ${leaks - missed} of ${leaks} leaks found, the line right in ${lines}, median ${times.length === 0 ? "-" : median(times).toFixed(0)} s to the verdict`,
);
console.log(rows.join("\n"));
writeFileSync(join(work, "result.txt"), `${rows.join("\n")}\n`);
process.exit(falseAlarms === 0 && missed === 0 && end !== null ? 0 : 1);
