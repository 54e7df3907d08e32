/** A module of the corpus as a folder that may be written to, for as long as somebody works in it. */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

/** What `use` makes of it; null where the module is from before go.mod, and has no versions to build with. */
export function inCopy<T>(dir: string, work: string, use: (copy: string) => T): T | null {
  const copy = mkdtempSync(join(work, "copy-"));
  try {
    restore(dir, copy, ".");
    if (!existsSync(join(copy, "go.mod"))) {
      // docker keeps its own under another name.
      if (!existsSync(join(copy, "vendor.mod"))) return null;
      copyFileSync(join(copy, "vendor.mod"), join(copy, "go.mod"));
      copyFileSync(join(copy, "vendor.sum"), join(copy, "go.sum"));
    }
    freeSiblings(copy);
    return use(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/**
 * Modules of one repository replace each other by folders, which no zip has: the versions they require are in the proxy, as a rule.
 */
function freeSiblings(dir: string): void {
  interface Replacement {
    readonly Old: { readonly Path: string; readonly Version?: string };
    readonly New: { readonly Path: string; readonly Version?: string };
  }
  const json = execFileSync("go", ["mod", "edit", "-json"], { cwd: dir, encoding: "utf8" });
  const { Replace } = JSON.parse(json) as { readonly Replace: readonly Replacement[] | null };
  for (const { Old, New } of Replace ?? []) {
    if (New.Version !== undefined || existsSync(join(dir, New.Path))) continue;
    const what = Old.Version === undefined ? Old.Path : `${Old.Path}@${Old.Version}`;
    execFileSync("go", ["mod", "edit", `-dropreplace=${what}`], { cwd: dir });
  }
}

/** A folder of the copy as it was. */
export function restore(dir: string, copy: string, folder: string): void {
  cpSync(join(dir, folder), join(copy, folder), { recursive: true, force: true });
  spawnSync("chmod", ["-R", "u+w", join(copy, folder)]);
}
