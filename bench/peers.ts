/**
 * Side by side: what other tools for Go find on the modules of bench/corpus/peer-modules.txt, beside what `stanch check` finds, line by
 * line. They need compiling code and a Go toolchain; each is installed at the version below into bench/.work/peers/bin.
 *
 *     npx tsx bench/peers.ts             a table of counts; every line that another tool reports and Stanch does not, to be read
 *     npx tsx bench/peers.ts gosec       that tool only
 *     npx tsx bench/peers.ts --only opa  modules whose path holds the text
 *
 * Whether a line is right is not decided here: they are to be read. gohawk is on no module proxy that was at hand (November 2026), and counts
 * as failed where it cannot be installed.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

interface Peer {
  readonly name: string;
  /** What `go install` is given; null for what comes with Go. */
  readonly install: string | null;
  readonly args: readonly string[];
  /** It runs under `go vet -vettool`. */
  readonly vettool?: boolean;
}

const peers: readonly Peer[] = [
  { name: "go vet", install: null, args: ["vet", "-lostcancel", "-httpresponse", "./..."] },
  {
    name: "staticcheck",
    install: "honnef.co/go/tools/cmd/staticcheck@v0.8.2",
    args: ["-checks", "SA1015,SA2003,SA5001,SA5003,SA9001", "-tests=false", "./..."],
  },
  { name: "bodyclose", install: "github.com/timakin/bodyclose@v0.0.0-20260723120731-857993a2939c", args: ["./..."] },
  { name: "sqlclosecheck", install: "github.com/ryanrolds/sqlclosecheck@v0.6.0", args: ["./..."] },
  { name: "rowserrcheck", install: "github.com/jingyugao/rowserrcheck@v1.1.1", args: ["./..."] },
  { name: "noctx", install: "github.com/sonatard/noctx/cmd/noctx@v0.5.1", args: ["./..."], vettool: true },
  { name: "contextcheck", install: "github.com/kkHAIKE/contextcheck/cmd/contextcheck@v1.1.6", args: ["./..."] },
  { name: "fatcontext", install: "go.augendre.info/fatcontext/cmd/fatcontext@v0.10.1", args: ["./..."] },
  { name: "spancheck", install: "github.com/jjti/go-spancheck/cmd/spancheck@v0.6.5", args: ["./..."] },
  {
    name: "gosec",
    install: "github.com/securego/gosec/v2/cmd/gosec@v2.30.0",
    args: ["-include=G118", "-fmt=golint", "-quiet", "./..."],
  },
  { name: "gohawk", install: "github.com/kojah/gohawk/cmd/gohawk@latest", args: ["./..."] },
];

const here = import.meta.dirname;
const work = join(here, ".work/peers");
const bin = join(work, "bin");
mkdirSync(bin, { recursive: true });
const asked = process.argv[2]?.startsWith("--") === false ? process.argv[2] : null;
const stanch = join(here, "../dist/stanch.mjs");

/** The tool's binary, installed on first use; null where that fails. */
function binaryOf({ name, install }: Peer): string | null {
  if (install === null) return "go";
  const file = join(bin, name);
  if (!existsSync(file))
    spawnSync("go", ["install", install], { env: { ...process.env, GOBIN: bin }, stdio: "ignore" });
  return existsSync(file) ? file : null;
}

/** `file:line` of every report in a production or test file of the module. */
function linesOf(output: string, dir: string): Set<string> {
  const out = new Set<string>();
  // As text, or in JSON: "posn": "/dir/file.go:12:3"
  for (const [, file, line] of output.matchAll(/^(?:vet: |\s*"posn": ")?(\S+?\.go):(\d+)(?::\d+)?[:"]/gm)) {
    const path = file.startsWith("/") ? relative(dir, file) : file.replace(/^\.\//, "");
    if (!path.startsWith("..") && !path.endsWith("_test.go")) out.add(`${path}:${line}`);
  }
  return out;
}

// Zips of modules hold vendor/modules.txt and nothing of what it lists.
process.env["GOFLAGS"] = "-mod=mod";
const only = process.argv.includes("--only") ? process.argv[process.argv.indexOf("--only") + 1] : null;
const modules = readFileSync(join(here, "corpus/peer-modules.txt"), "utf8")
  .split("\n")
  .filter((l) => l !== "" && !l.startsWith("#") && (only === null || l.includes(only)));
const totals = new Map<string, { both: number; theirs: number; seconds: number; failed: number }>();
let ours = 0;
for (const module of modules) {
  const json = execFileSync("go", ["mod", "download", "-json", module], { cwd: work, encoding: "utf8" });
  const { Dir: dir } = JSON.parse(json) as { Dir: string };
  spawnSync("go", ["mod", "download"], { cwd: dir, stdio: "ignore" });
  const { stdout } = spawnSync(process.execPath, [stanch, "check", "./...", "--format", "json"], {
    cwd: dir,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const own = new Set<string>();
  for (const f of (
    JSON.parse(stdout) as { findings: { file: string; line: number; path: { file: string; line: number }[] }[] }
  ).findings) {
    ours++;
    // A tool may point at another step of the same story: the return, the second assignment.
    for (const at of [f, ...f.path]) own.add(`${at.file}:${at.line}`);
  }
  for (const peer of peers) {
    if (asked !== null && peer.name !== asked) continue;
    const binary = binaryOf(peer);
    const total = totals.get(peer.name) ?? { both: 0, theirs: 0, seconds: 0, failed: 0 };
    totals.set(peer.name, total);
    if (binary === null) {
      total.failed++;
      continue;
    }
    const begun = performance.now();
    // Some are made for `go vet` alone.
    const [command, args] = peer.vettool ? ["go", ["vet", `-vettool=${binary}`, ...peer.args]] : [binary, peer.args];
    const run = spawnSync(command, args, { cwd: dir, encoding: "utf8", maxBuffer: 1 << 28, timeout: 600_000 });
    total.seconds += (performance.now() - begun) / 1000;
    // Some say nothing of what they could not type, others give up altogether.
    if (run.status === null || /internal error|^panic:|could not import/m.test(run.stdout + run.stderr)) total.failed++;
    writeFileSync(join(work, `${module.replaceAll("/", "_")}.${peer.name}.txt`), run.stdout + run.stderr);
    for (const line of linesOf(run.stdout + run.stderr, dir)) {
      if (own.has(line)) total.both++;
      else {
        total.theirs++;
        console.log(`${peer.name}\t${module}\t${line}`);
      }
    }
  }
}
console.log(`\nStanch: ${ours} findings, notes included\n`);
console.log(
  "| tool | lines that both report | lines that only it reports | seconds | modules it failed on |\n|---|---|---|---|---|",
);
for (const [name, t] of totals)
  console.log(`| ${name} | ${t.both} | ${t.theirs} | ${t.seconds.toFixed(0)} | ${t.failed} |`);
