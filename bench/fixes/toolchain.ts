/**
 * What Go's own tools say of changed packages: the compiler (`go list -export`, which is `go build` without linking the programs) and
 * `go vet`. Has a build cache of its own, which is wiped when the disk gets full.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import type { ChangedPackage } from "./ledger.ts";
import { inCopy, restore } from "./module-copy.ts";

/** Less free than this, and the build cache goes. */
const LeastFreeBytes = 5 * 2 ** 30;

export function goVersion(): string {
  return execFileSync("go", ["env", "GOVERSION"], { encoding: "utf8" }).trim();
}

/** Zips of modules hold vendor/modules.txt and nothing of what it lists. */
export function goEnv(): NodeJS.ProcessEnv {
  return { ...process.env, GOFLAGS: "-mod=mod -buildvcs=false", GOWORK: "off" };
}

export class Toolchain {
  private readonly cache: string;

  /** `work`: a folder for the copy and the build cache. */
  constructor(
    private readonly work: string,
    private readonly version = goVersion(),
  ) {
    this.cache = join(work, "gocache");
  }

  /** Fills in `go` of each package. `dir`: the module as it was; `files`: a tree of its changed files. */
  judge(dir: string, files: string, packages: readonly ChangedPackage[]): void {
    this.makeRoom();
    const asked = inCopy(dir, this.work, (copy) => {
      cpSync(files, copy, { recursive: true });
      const all = packages.map((p) => p.path);
      const tests = packages.filter((p) => p.tests).map((p) => p.path);
      // Together it is quickest; one by one where somebody complains.
      if (this.compile(copy, all, tests) === "" && this.vet(copy, all) === "") {
        for (const p of packages) p.go = { version: this.version, verdict: "accepted", said: "" };
        return;
      }
      const after = packages.map((p) => this.ask(copy, p));
      for (const p of packages) restore(dir, copy, p.path);
      packages.forEach((p, i) => {
        const now = after[i];
        const before = now.compile + now.vet === "" ? now : this.ask(copy, p);
        p.go = { version: this.version, ...compare(before, now) };
      });
    });
    if (asked !== null) return;
    for (const p of packages) p.go = { version: this.version, verdict: "unbuildable", said: "it has no go.mod" };
  }

  private makeRoom(): void {
    mkdirSync(this.cache, { recursive: true });
    const { bavail, bsize } = statfsSync(this.work);
    if (bavail * bsize < LeastFreeBytes) rmSync(this.cache, { recursive: true, force: true });
  }

  private ask(dir: string, p: ChangedPackage): Complaints {
    const compile = this.compile(dir, [p.path], p.tests ? [p.path] : []);
    return { compile, vet: compile === "" ? this.vet(dir, [p.path]) : "" };
  }

  private compile(dir: string, packages: readonly string[], tests: readonly string[]): string {
    return (
      this.run(dir, ["list", "-export", "-f", "{{.ImportPath}}", ...packages]) ||
      (tests.length === 0 ? "" : this.run(dir, ["list", "-export", "-test", "-f", "{{.ImportPath}}", ...tests]))
    );
  }

  private vet(dir: string, packages: readonly string[]): string {
    return this.run(dir, ["vet", ...packages]);
  }

  /** What it complains of; empty where it is content. */
  private run(dir: string, command: readonly string[]): string {
    const env = { ...goEnv(), GOCACHE: this.cache };
    const { status, stderr } = spawnSync("go", command, {
      cwd: dir,
      env,
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    return status === 0
      ? ""
      : stderr.replace(/^go: (?:downloading|finding|added|upgraded) .*\n/gm, "").trim() || `status ${status}`;
  }
}

interface Complaints {
  readonly compile: string;
  readonly vet: string;
}

function compare(before: Complaints, after: Complaints): Pick<NonNullable<ChangedPackage["go"]>, "verdict" | "said"> {
  if (after.compile !== "") {
    const same = withoutLines(before.compile) === withoutLines(after.compile);
    return { verdict: same ? "unbuildable" : "refused", said: after.compile };
  }
  // What vet has always said of the package is not the fix's.
  if (withoutLines(before.vet) === withoutLines(after.vet)) return { verdict: "accepted", said: "" };
  return { verdict: "refused", said: after.vet };
}

/** Lines move by what is added, and threads print in the order in which they finish. */
export function withoutLines(text: string): string {
  return text
    .replace(/:\d+(?::\d+)?/g, "")
    .split("\n")
    .sort()
    .join("\n");
}
