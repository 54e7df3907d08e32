/** What a change introduced: findings that an older revision of the same packages does not have. */
import { compareWithBaseline, type Comparison, entryOf } from "./baseline.ts";
import type { CheckedFinding } from "./result.ts";
import type { Revision } from "./revision.ts";
import { check, type CheckOptions, type CheckOutcome } from "./run.ts";
import type { Task } from "./task.ts";

/**
 * Compares `candidates` of an outcome with what the revision has. Only the packages that have candidates are analysed there,
 * whole: a change elsewhere may have made an unchanged line leak.
 */
export async function introduced(
  dir: string,
  options: CheckOptions,
  now: CheckOutcome,
  candidates: readonly CheckedFinding[],
  revision: Revision,
): Promise<Comparison> {
  const open = candidates.filter((f) => !f.suppressed);
  const quiet = candidates.filter((f) => f.suppressed);
  if (open.length === 0) return { fresh: candidates, known: [], fixed: [] };
  const places = new Map<string, Task>();
  const add = (task: Task): void => void places.set(`${task.dir}\0${task.external}`, task);
  for (const path of new Set(open.map((f) => f.package))) {
    const task = now.places.get(path);
    if (task === undefined) continue;
    add(task);
    const before = revision.moved.get(task.dir);
    if (before !== undefined && before !== task.dir) add({ ...task, dir: before });
  }
  const then = await check(dir, { ...options, overlay: revision.overlay, places: [...places.values()], fixes: false });
  const moved = new Set(then.packages.filter((p) => !now.places.has(p)));
  const compared = compareWithBaseline(then.findings.filter((f) => !f.suppressed).map(entryOf), open, {
    packages: new Set(now.packages),
    rules: new Set(options.rules),
    isGone: (path) => moved.has(path),
  });
  // Suppressed ones are shown as such, or not at all, whatever their age.
  return { ...compared, fresh: candidates.filter((f) => quiet.includes(f) || compared.fresh.includes(f)) };
}
