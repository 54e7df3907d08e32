/** The command, run as a user runs it. */
import { execFile, spawn } from "node:child_process";
import { stanchCommand } from "../../src/cli/testing.ts";
import { root } from "./catalogue.ts";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const command = stanchCommand();
/** As at a desk: in CI `--fix` only shows what it would do. */
const env = { ...process.env, CI: "" };

export async function stanch(args: readonly string[], cwd: string = root): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...command, ...args], { cwd, env, maxBuffer: 1 << 28 }, (e, stdout, stderr) => {
      resolve({ code: e === null ? 0 : typeof e.code === "number" ? e.code : 3, stdout, stderr });
    });
  });
}

export interface Place {
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  readonly fix?: string | null;
}

/** What `check --format json` says of a package. @throws Error where it does not get that far. */
export async function findingsIn(module: string, pkg: string): Promise<Place[]> {
  const r = await stanch(["check", "--format", "json", "--no-config", `./${pkg}`], module);
  if (r.code > 1) throw new Error(`check ${pkg}: ${r.stderr}`);
  const { findings } = JSON.parse(r.stdout) as { findings: (Place & { fix: unknown })[] };
  return findings.map((f) => ({ rule: f.rule, file: f.file, line: f.line, fix: f.fix === null ? null : "" }));
}

export interface WatchVerdict {
  readonly kind: string;
  readonly label: string;
  readonly status: string;
  readonly shape: string;
  readonly from: number;
  readonly value: number;
  readonly decidedAtSeconds: number | null;
  readonly location: { readonly file: string; readonly line: number } | null;
  readonly finding: Place | null;
}

export interface WatchTarget {
  readonly target: string;
  readonly looks: number;
  readonly error: string | null;
  readonly problems: readonly string[];
  readonly verdicts: readonly WatchVerdict[];
}

export interface WatchRequest {
  readonly urls: readonly string[];
  readonly roots: readonly string[];
  readonly atMostSeconds: number;
  /** Ends early when all of these have so many leaking signals of each kind, and all targets so many looks. */
  readonly until?: { readonly leaks: ReadonlyMap<string, ReadonlyMap<string, number>>; readonly looks: number };
}

/** `stanch watch --interval 1s`, ended as Ctrl-C ends it. By target. */
export async function watch(r: WatchRequest): Promise<Map<string, WatchTarget>> {
  const args = ["watch", ...r.urls, "--interval", "1s", "--format", "ndjson", "--duration", `${r.atMostSeconds}s`];
  for (const dir of r.roots) args.push("--source", dir);
  const child = spawn(process.execPath, [...command, ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const looks = new Map<string, number>();
  const leaks = new Map<string, number>();
  const enough = (): boolean =>
    r.until !== undefined &&
    r.urls.every((u) => (looks.get(u) ?? 0) >= (r.until?.looks ?? 0)) &&
    [...r.until.leaks].every(([u, kinds]) => [...kinds].every(([kind, n]) => (leaks.get(`${u} ${kind}`) ?? 0) >= n));
  let end: { targets: WatchTarget[] } | null = null;
  let said = "";
  let rest = "";
  child.stderr.setEncoding("utf8");
  child.stderr.on("data", (text: string) => (said += text));
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const e = JSON.parse(line) as { event: string; target: string; verdict?: WatchVerdict; targets: WatchTarget[] };
      if (e.event === "look") looks.set(e.target, (looks.get(e.target) ?? 0) + 1);
      if (e.event === "verdict" && e.verdict?.status === "leak") {
        const key = `${e.target} ${e.verdict.kind}`;
        leaks.set(key, (leaks.get(key) ?? 0) + 1);
      }
      if (e.event === "end") end = e;
    }
    if (end === null && enough()) child.kill("SIGINT");
  });
  await new Promise((done) => void child.once("close", done));
  const seen = end as { targets: WatchTarget[] } | null;
  if (seen === null) throw new Error(`watch said no end: ${said}`);
  return new Map(seen.targets.map((t) => [t.target, t]));
}

export interface DiagnosedSuspect {
  readonly status: string;
  readonly title: string;
  readonly count: number;
  readonly rule: string | null;
  readonly finding: (Place & { readonly others: readonly Place[] }) | null;
}

/** `stanch diagnose --every 5s`. */
export async function diagnose(
  url: string,
  roots: readonly string[],
): Promise<{ code: number; suspects: DiagnosedSuspect[] }> {
  const args = ["diagnose", url, "--every", "5s", "--format", "json"];
  for (const dir of roots) args.push("--source", dir);
  const r = await stanch(args);
  if (r.code > 1) throw new Error(`diagnose ${url}: ${r.stderr}`);
  return { code: r.code, suspects: (JSON.parse(r.stdout) as { attribute: DiagnosedSuspect[] }).attribute };
}
