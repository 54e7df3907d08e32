/** A module of the corpus in the module cache, its dependencies fetched as far as they are to be had. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Its folder. `work` is a folder in no module. `alone`: without its dependencies, but for those that are there. */
export function fetchModule(module: string, work = tmpdir(), alone = false): string {
  const dir = join(modCache(), folderOf(module));
  // Asked for what is there unpacked, go fetches its zip anew: gigabytes for nothing.
  if (!existsSync(dir)) execFileSync("go", ["mod", "download", module], { cwd: work });
  if (alone || !existsSync(join(dir, "go.mod"))) return dir;
  const wanted = requirementsOf(dir).filter((m) => !existsSync(join(modCache(), folderOf(m))));
  // Replaced siblings may be missing, and then nothing is fetched: one by one.
  if (wanted.length > 0 && spawnSync("go", ["mod", "download", ...wanted], { cwd: work, stdio: "ignore" }).status !== 0)
    for (const m of wanted) spawnSync("go", ["mod", "download", m], { cwd: work, stdio: "ignore" });
  return dir;
}

let cache: string | null = null;
function modCache(): string {
  cache ??= execFileSync("go", ["env", "GOMODCACHE"], { encoding: "utf8" }).trim();
  return cache;
}

/** Capitals are written as `!` and the small letter. */
function folderOf(module: string): string {
  return module.replace(/[A-Z]/g, (c) => `!${c.toLowerCase()}`);
}

/** What a go.mod requires, `path@version`, with its replacements. */
function requirementsOf(dir: string): string[] {
  interface Version {
    readonly Path: string;
    readonly Version?: string;
  }
  const { Require, Replace } = JSON.parse(
    execFileSync("go", ["mod", "edit", "-json"], { cwd: dir, encoding: "utf8" }),
  ) as {
    readonly Require: readonly Version[] | null;
    readonly Replace: readonly { readonly Old: Version; readonly New: Version }[] | null;
  };
  return (Require ?? []).flatMap((r) => {
    const other = (Replace ?? []).find(
      ({ Old }) => Old.Path === r.Path && (Old.Version === undefined || Old.Version === r.Version),
    );
    const { Path, Version } = other?.New ?? r;
    return Version === undefined ? [] : [`${Path}@${Version}`];
  });
}
