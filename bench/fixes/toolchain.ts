/**
 * What Go's own tools say of changed packages: the compiler (`go list -export`, which is `go build` without linking the programs) and
 * `go vet`. Works in a copy of the module, with a build cache of its own that is wiped when the disk gets full.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import type { ChangedPackage } from "./ledger.ts";

/** Less free than this, and the build cache goes. */
const LeastFreeBytes = 5 * 2 ** 30;

export function goVersion(): string {
  return execFileSync("go", ["env", "GOVERSION"], { encoding: "utf8" }).trim();
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
    const copy = join(this.work, "copy");
    rmSync(copy, { recursive: true, force: true });
    cpSync(dir, copy, { recursive: true });
    spawnSync("chmod", ["-R", "u+w", copy]);
    try {
      if (!hasModule(copy)) {
        const said = "it has no go.mod";
        for (const p of packages) p.go = { version: this.version, verdict: "unbuildable", said };
        return;
      }
      cpSync(files, copy, { recursive: true });
      const all = packages.map((p) => p.path);
      const tests = packages.filter((p) => p.tests).map((p) => p.path);
      // Together it is quickest; one by one where somebody complains.
      if (this.compile(copy, all, tests) === "" && this.vet(copy, all) === "") {
        for (const p of packages) p.go = { version: this.version, verdict: "accepted", said: "" };
        return;
      }
      const after = packages.map((p) => this.ask(copy, p));
      for (const p of packages) cpSync(join(dir, p.path), join(copy, p.path), { recursive: true, force: true });
      spawnSync("chmod", ["-R", "u+w", copy]);
      packages.forEach((p, i) => {
        const now = after[i];
        const before = now.compile + now.vet === "" ? now : this.ask(copy, p);
        p.go = { version: this.version, ...compare(before, now) };
      });
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
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
    // Zips of modules hold vendor/modules.txt and nothing of what it lists.
    const env = { ...process.env, GOFLAGS: "-mod=mod -buildvcs=false", GOWORK: "off", GOCACHE: this.cache };
    const { status, stderr } = spawnSync("nice", ["-n", "10", "go", ...command], {
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
function withoutLines(text: string): string {
  return text
    .replace(/:\d+(?::\d+)?/g, "")
    .split("\n")
    .sort()
    .join("\n");
}

/** Docker keeps its own under another name. Modules from before go.mod have none, and no versions to build with. */
function hasModule(dir: string): boolean {
  if (existsSync(join(dir, "go.mod"))) return true;
  if (!existsSync(join(dir, "vendor.mod"))) return false;
  copyFileSync(join(dir, "vendor.mod"), join(dir, "go.mod"));
  copyFileSync(join(dir, "vendor.sum"), join(dir, "go.sum"));
  return true;
}
