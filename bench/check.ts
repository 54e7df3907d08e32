/**
 * `stanch check` on kubernetes beside its peers, same machine, same packages, one after the other:
 *
 *     npx tsx bench/check.ts [--stanch-only] [DIR PATTERN…]
 *
 * Default: the main module and the staging modules of k8s.io/kubernetes@v1.34.0, unpacked below
 * bench/.work/load. Cold: no cache of its own (stanch) and an empty GOCACHE (peers), files in the page cache; warm: again; edit:
 * after a line was added to one function body. Peers: `go vet`, and staticcheck 2026.1 (v0.7.0) restricted to SA1015, SA5001
 * and SA4006 (installed into bench/.work/bin). Everything runs with nice 5 and its own caches.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kubernetes } from "./oracle/golist/corpora.ts";

const here = import.meta.dirname;
const work = join(here, ".work");
const args = process.argv.slice(2);
const alone = args[0] === "--stanch-only" && args.shift() !== undefined;
let [dir, ...patterns] = args;
if (dir === undefined) {
  dir = kubernetes(join(work, "load"));
  const uses = readFileSync(join(dir, "go.work"), "utf8").match(/\.\/staging\S+/g) ?? [];
  patterns = ["./...", ...uses.map((u) => `${u}/...`)];
}

interface Run {
  readonly seconds: number;
  readonly peakMB: number;
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs under GNU time, whose last line tells seconds and the largest resident set of any one process. */
function run(command: string[], env: NodeJS.ProcessEnv): Run {
  const { status, stdout, stderr } = spawnSync("nice", ["-n", "5", "/usr/bin/time", "-f", "%e %M", ...command], {
    cwd: dir,
    encoding: "utf8",
    maxBuffer: 1 << 30,
    env: { ...process.env, ...env },
  });
  const lines = stderr.trimEnd().split("\n");
  const [seconds, kilobytes] = (lines.pop() ?? "").split(" ").map(Number);
  return { seconds, peakMB: kilobytes / 1024, status: status ?? -1, out: stdout, err: lines.join("\n") };
}

function show(name: string, r: Run, note = ""): void {
  console.log(
    `${name.padEnd(34)} ${r.seconds.toFixed(1).padStart(7)} s  ${r.peakMB.toFixed(0).padStart(6)} MB  exit ${r.status}${note}`,
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
const edited = editOne();
const edit = stanch();
edited.restore();
show("stanch check, one body edited", edit, `  (${edited.file})`);
const same = (a: Run, b: Run): boolean => JSON.stringify(parsed(a).findings) === JSON.stringify(parsed(b).findings);
console.log(`cold and warm findings are ${same(cold, warm) ? "the same" : "NOT THE SAME"}`);
if (!same(cold, warm)) process.exitCode = 1;

function stanchOnce(): void {
  run([process.execPath, join(tool, "stanch.mjs"), "check", "--no-cache", "--rules", "defer-in-loop", ...patterns], {});
}

/** Adds a statement to the first function of a file that many packages import. */
function editOne(): { file: string; restore: () => void } {
  const file = existsSync(join(dir, "pkg/kubelet/kubelet.go")) ? "pkg/kubelet/kubelet.go" : firstGoFile();
  const path = join(dir, file);
  const before = readFileSync(path);
  const text = before.toString();
  const at = text.search(/^func [^\n]*\{\n/m);
  const end = text.indexOf("\n", at) + 1;
  writeFileSync(path, `${text.slice(0, end)}\t_ = 1\n${text.slice(end)}`);
  spawnSync("sleep", ["0.2"]); // younger than 100 ms, the cache would not trust it
  return { file, restore: () => writeFileSync(path, before) };
}

function firstGoFile(): string {
  const { stdout } = spawnSync("git", ["ls-files", "*.go"], { cwd: dir, encoding: "utf8" });
  return stdout.split("\n")[0] ?? "";
}

if (!alone) {
  const gocache = join(work, "check-gocache");
  const staticcheck = join(work, "bin/staticcheck");
  if (!existsSync(staticcheck)) {
    const env = { ...process.env, GOFLAGS: "", GOBIN: join(work, "bin"), GOCACHE: join(work, "gocache-tools") };
    spawnSync("go", ["install", "honnef.co/go/tools/cmd/staticcheck@v0.7.0"], { cwd: "/", stdio: "inherit", env });
  }
  const peer = (name: string, command: string[]): { cold: Run; warm: Run } => {
    // The module cache is full; the build cache and the analyser's own are empty.
    for (const c of [gocache, join(work, "check-xdg")]) {
      spawnSync("chmod", ["-R", "u+w", c]);
      rmSync(c, { recursive: true, force: true });
      mkdirSync(c, { recursive: true });
    }
    const env = { GOCACHE: gocache, XDG_CACHE_HOME: join(work, "check-xdg"), GOFLAGS: "-mod=readonly" };
    const first = run(command, env);
    show(`${name}, cold`, first);
    const second = run(command, env);
    show(`${name}, warm`, second);
    if (first.status > 1) console.log(first.err.split("\n").slice(-5).join("\n"));
    return { cold: first, warm: second };
  };
  const vet = peer("go vet", ["go", "vet", ...patterns]);
  const sc = peer("staticcheck SA1015,SA5001,SA4006", [
    staticcheck,
    "-tests=false",
    "-checks",
    "SA1015,SA5001,SA4006",
    ...patterns,
  ]);
  const ratio = (a: Run, b: Run): string => (a.seconds / b.seconds).toFixed(1);
  console.log(`ratio peer : stanch, cold: go vet ${ratio(vet.cold, cold)}, staticcheck ${ratio(sc.cold, cold)}`);
  console.log(`ratio peer : stanch, warm: go vet ${ratio(vet.warm, warm)}, staticcheck ${ratio(sc.warm, warm)}`);
}
