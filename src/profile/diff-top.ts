/**
 * What changed between two profiles function by function, as `pprof -diff_base OLD NEW -top` counts: newer minus older, flat and cumulative.
 * pprof pairs functions by their exact names; here those without a partner of equal name pair up by loose names as well, so that a
 * closure renumbered by the next build is not one function gone and one new.
 */
import type { Profile } from "./columns.ts";
import { looseName } from "./names.ts";
import { topFunctions, type TopRow } from "./top.ts";

/** Columns of the compared sample type in either profile. Rows that do not change are left out; the largest change of flat first. */
export function diffTop(before: Profile, columnBefore: number, after: Profile, columnAfter: number): TopRow[] {
  const left = new Map(topFunctions(before, columnBefore).map((r) => [r.func, r]));
  const out: TopRow[] = [];
  const alone: TopRow[] = [];
  for (const r of topFunctions(after, columnAfter)) {
    const was = left.get(r.func);
    if (was === undefined) alone.push(r);
    else {
      left.delete(r.func);
      push(out, r, r.flat - was.flat, r.cum - was.cum);
    }
  }
  // Only where exactly one is left on each side: closures of one function are not each other.
  const gone = byLooseName([...left.values()]);
  const came = byLooseName(alone);
  for (const [name, rows] of came) {
    const was = gone.get(name);
    if (rows.length === 1 && was?.length === 1) {
      gone.delete(name);
      push(out, rows[0], rows[0].flat - was[0].flat, rows[0].cum - was[0].cum);
    } else for (const r of rows) push(out, r, r.flat, r.cum);
  }
  for (const rows of gone.values()) for (const r of rows) push(out, r, 0 - r.flat, 0 - r.cum);
  return out.sort(
    (a, b) => Math.abs(b.flat) - Math.abs(a.flat) || Math.abs(b.cum) - Math.abs(a.cum) || (a.func < b.func ? -1 : 1),
  );
}

function push(out: TopRow[], { func, file }: TopRow, flat: number, cum: number): void {
  if (flat !== 0 || cum !== 0) out.push({ func, file, flat, cum });
}

function byLooseName(rows: readonly TopRow[]): Map<string, TopRow[]> {
  const out = new Map<string, TopRow[]>();
  for (const r of rows) {
    const name = looseName(r.func);
    const list = out.get(name);
    if (list === undefined) out.set(name, [r]);
    else list.push(r);
  }
  return out;
}
