/**
 * `stanch check` on kubernetes beside its peers, same machine, same packages, one after the other:
 *
 *     npx tsx bench/check.ts [--peer NAME|none] [DIR PATTERN…]
 *
 * Default: the main module and the staging modules of k8s.io/kubernetes@v1.34.0, unpacked below
 * bench/.work/load, and the peer golangci-lint with all it has of our kind; others are `vet` and `staticcheck`. Cold: no cache of
 * its own (stanch), an empty GOCACHE too (peers), files in the page cache; warm: again; edit: after a line was added to one
 * function body. Each has its own caches. Besides the clock, CPU seconds: they say the same on a busy machine.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kubernetes } from "./oracle/golist/corpora.ts";

const here = import.meta.dirname;
const work = join(here, ".work");
const args = process.argv.slice(2);
const asked = args[0] === "--peer" ? args.splice(0, 2)[1] : "golangci-lint";
let [dir, ...patterns] = args;
if (dir === undefined) {
  dir = kubernetes(join(work, "load"));
  const uses = readFileSync(join(dir, "go.work"), "utf8").match(/\.\/staging\S+/g) ?? [];
  patterns = ["./...", ...uses.map((u) => `${u}/...`)];
}

interface Run {
  readonly seconds: number;
  readonly cpu: number;
  readonly peakMB: number;
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs under GNU time, whose last line tells seconds, of the clock and of the CPUs, and the largest resident set of any one process. */
function run(command: string[], env: NodeJS.ProcessEnv): Run {
  const { status, stdout, stderr } = spawnSync("/usr/bin/time", ["-f", "%e %U %S %M", ...command], {
    cwd: dir,
    encoding: "utf8",
    maxBuffer: 1 << 30,
    env: { ...process.env, ...env },
  });
  const lines = stderr.trimEnd().split("\n");
  const [seconds, user, system, kilobytes] = (lines.pop() ?? "").split(" ").map(Number);
  return {
    seconds,
    cpu: user + system,
    peakMB: kilobytes / 1024,
    status: status ?? -1,
    out: stdout,
    err: lines.join("\n"),
  };
}

function show(name: string, r: Run, note = ""): void {
  console.log(
    `${name.padEnd(40)} ${r.seconds.toFixed(1).padStart(7)} s  CPU ${r.cpu.toFixed(1).padStart(7)} s  ${r.peakMB.toFixed(0).padStart(6)} MB  exit ${r.status}${note}`,
  );
}

interface Document {
  readonly findings: readonly { readonly fingerprint: string }[];
  readonly stats: { readonly packages: number; readonly files: number; readonly bytes: number };
}

// A copy, so that a build in the meantime changes nothing.
const tool = join(work, "check-dist");
rmSync(tool, { recursive: true, force: true });
cpSync(join(here, "../dist"), tool, { recursive: true });
const cache = join(work, "check-cache");
rmSync(cache, { recursive: true, force: true });
const stanch = (): Run =>
  run([process.execPath, join(tool, "stanch.mjs"), "check", "--format", "json", ...patterns], { STANCH_CACHE: cache });
const parsed = (r: Run): Document => JSON.parse(r.out) as Document;

stanchOnce(); // files into the page cache for everybody
rmSync(cache, { recursive: true, force: true });
const cold = stanch();
const { stats, findings } = parsed(cold);
const speed = `  ${(stats.files / cold.seconds).toFixed(0)} files/s`;
console.log(
  `${stats.packages} packages, ${stats.files} files, ${(stats.bytes / 1e6).toFixed(1)} MB, ${findings.length} findings`,
);
show("stanch check, cold", cold, speed);
const warm = stanch();
show("stanch check, warm", warm);
for (const { kind, file } of edits()) {
  const restore = editBody(file);
  show(`stanch check, one body edited in ${kind}`, stanch(), `  (${file})`);
  restore();
  stanch();
}
const same = (a: Run, b: Run): boolean => JSON.stringify(parsed(a).findings) === JSON.stringify(parsed(b).findings);
console.log(`cold and warm findings are ${same(cold, warm) ? "the same" : "NOT THE SAME"}`);
if (!same(cold, warm)) process.exitCode = 1;

function stanchOnce(): void {
  run([process.execPath, join(tool, "stanch.mjs"), "check", "--no-cache", "--rules", "defer-in-loop", ...patterns], {});
}

interface Edit {
  readonly kind: string;
  readonly file: string;
}

/** What is edited in turn: in kubernetes a small package that only one other imports, its largest of many files, and one under nearly all. */
function edits(): readonly Edit[] {
  const known = [
    { kind: "a leaf", file: "pkg/scheduler/framework/plugins/nodename/node_name.go" },
    { kind: "a large package", file: "pkg/kubelet/kubelet.go" },
    { kind: "a hub", file: "staging/src/k8s.io/apimachinery/pkg/util/runtime/runtime.go" },
  ].filter(({ file }) => existsSync(join(dir, file)));
  return known.length > 0 ? known : [{ kind: "the first file", file: firstGoFile() }];
}

/** Adds a statement to the first function of the file; what is given back takes it out again. */
function editBody(file: string): () => void {
  const path = join(dir, file);
  const before = readFileSync(path);
  const text = before.toString();
  const at = text.search(/^func [^\n]*\{\n/m);
  const end = text.indexOf("\n", at) + 1;
  const pause = (): void => void spawnSync("sleep", ["0.2"]); // younger than 100 ms, the cache would not trust it
  writeFileSync(path, `${text.slice(0, end)}\t_ = 1\n${text.slice(end)}`);
  pause();
  return () => {
    writeFileSync(path, before);
    pause();
  };
}

function firstGoFile(): string {
  const { stdout } = spawnSync("git", ["ls-files", "*.go"], { cwd: dir, encoding: "utf8" });
  return stdout.split("\n")[0] ?? "";
}

interface Peer {
  /** What `go install` is given; null for what comes with Go. */
  readonly install: string | null;
  readonly args: readonly string[];
}

/** Production files only, as `stanch check` reports them; all they find is printed, nothing is cut off. */
const peers: Readonly<Record<string, Peer>> = {
  vet: { install: null, args: ["vet"] },
  staticcheck: {
    install: "honnef.co/go/tools/cmd/staticcheck@v0.8.2",
    args: ["-tests=false", "-checks", "SA1015,SA5001,SA4006"],
  },
  "golangci-lint": {
    install: "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0",
    args: ["run", "--tests=false", "--timeout=3h", "--config", join(here, "corpus/golangci.yaml")],
  },
};

const peer = peers[asked];
if (peer === undefined && asked !== "none")
  throw new Error(`no peer is called ${asked}: ${Object.keys(peers).join(", ")}, none`);
if (peer !== undefined) {
  const [firstRun, secondRun] = coldAndWarm(asked, peer);
  const ratio = (of: (r: Run) => number): string =>
    `cold ${(of(firstRun) / of(cold)).toFixed(1)}, warm ${(of(secondRun) / of(warm)).toFixed(1)}`;
  console.log(`ratio ${asked} : stanch, clock: ${ratio((r) => r.seconds)}; CPU: ${ratio((r) => r.cpu)}`);
}

function coldAndWarm(name: string, { install, args: flags }: Peer): [Run, Run] {
  const bin = join(work, "bin");
  let binary = "go";
  if (install !== null) {
    binary = join(bin, name);
    const env = { ...process.env, GOFLAGS: "", GOBIN: bin };
    if (!existsSync(binary)) spawnSync("go", ["install", install], { cwd: "/", stdio: "inherit", env });
  }
  // The module cache is full; the build cache and the analyser's own are empty.
  const own = { GOCACHE: join(work, "check-gocache"), XDG_CACHE_HOME: join(work, "check-xdg") };
  for (const folder of Object.values(own)) {
    spawnSync("chmod", ["-R", "u+w", folder]);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }
  const env = { ...own, GOLANGCI_LINT_CACHE: own.XDG_CACHE_HOME, GOFLAGS: "-mod=readonly" };
  return ["cold", "warm"].map((state) => {
    const r = run([binary, ...flags, ...patterns], env);
    show(`${name}, ${state}`, r, `  ${r.out.split("\n").length} lines`);
    if (r.status > 1) console.log(r.err.split("\n").slice(-5).join("\n"));
    return r;
  }) as [Run, Run];
}
