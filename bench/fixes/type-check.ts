/**
 * What go/types and go vet's analyses say of changed packages, with the sources of all that they import (oracle/patched): seconds where
 * a compiler needs as many minutes.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import type { ChangedPackage, Verdict } from "./ledger.ts";
import { inCopy } from "./module-copy.ts";
import { goEnv, withoutLines } from "./toolchain.ts";

interface Told {
  readonly path: string;
  readonly dir: string;
  /** It has no type error as it was. */
  readonly sound: boolean;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export class TypeCheck {
  private readonly oracle: string;

  constructor(
    private readonly work: string,
    private readonly version: string,
  ) {
    this.oracle = join(work, "patched");
    const cwd = join(import.meta.dirname, "../oracle/patched");
    execFileSync("go", ["build", "-o", this.oracle, "."], { cwd, stdio: "inherit" });
  }

  /** Fills in `types` of each package. `dir`: the module as it was; `files`: a tree of its changed files. */
  judge(dir: string, files: string, packages: readonly ChangedPackage[]): void {
    const told = inCopy(dir, this.work, (copy) => {
      const tests = packages.some((p) => p.tests) ? ["-test"] : [];
      const args = ["-C", copy, "-after", files, ...tests, ...packages.map((p) => p.path)];
      const { status, stdout, stderr } = spawnSync(this.oracle, args, {
        env: goEnv(),
        encoding: "utf8",
        maxBuffer: 1 << 28,
      });
      if (status !== 0) throw new Error(`oracle/patched failed on ${dir}: ${stderr}`);
      const lines = stdout.split("\n").filter((l) => l !== "");
      return lines.map((l) => JSON.parse(l) as Told).map((t) => ({ ...t, place: placeOf(copy, t.dir) }));
    });
    for (const p of packages) {
      const own = told?.filter((t) => t.place === p.path) ?? [];
      p.types = { version: this.version, ...(told === null ? noModule : verdict(own)) };
    }
  }
}

const noModule = { verdict: "unbuildable", said: "it has no go.mod" } as const;

function placeOf(root: string, dir: string): string {
  return `./${dir.slice(root.length + 1)}`;
}

/** `own`: the package, and with its tests. */
function verdict(own: readonly Told[]): Pick<Verdict, "verdict" | "said"> {
  if (own.length === 0) return { verdict: "unbuildable", said: "go list does not know it" };
  for (const { before, after } of own) {
    const [was, is] = [withoutLines(before.join("\n")), withoutLines(after.join("\n"))];
    if (was !== is) return { verdict: "refused", said: after.filter((l) => !before.includes(l)).join("\n") };
  }
  const broken = own.find((t) => !t.sound);
  return broken === undefined
    ? { verdict: "accepted", said: "" }
    : { verdict: "unbuildable", said: broken.before.slice(0, 5).join("\n") };
}
