/** Unified diffs, as `patch` and `git apply` read them. */

const Context = 3;
const decoder = new TextDecoder();

/** The diff of one file; empty where the two are equal. `path` is relative, with slashes. */
export function unifiedDiff(path: string, before: Uint8Array, after: Uint8Array): string {
  const a = linesOf(before);
  const b = linesOf(after);
  const changes = changedRanges(a, b);
  if (changes.length === 0) return "";
  const out = [`--- a/${path}`, `+++ b/${path}`];
  for (let i = 0; i < changes.length;) {
    let last = i;
    while (last + 1 < changes.length && changes[last + 1].aStart - changes[last].aEnd <= 2 * Context) last++;
    const aStart = Math.max(0, changes[i].aStart - Context);
    const aEnd = Math.min(a.length, changes[last].aEnd + Context);
    const bStart = changes[i].bStart - (changes[i].aStart - aStart);
    const bEnd = changes[last].bEnd + (aEnd - changes[last].aEnd);
    out.push(`@@ -${range(aStart, aEnd)} +${range(bStart, bEnd)} @@`);
    let at = aStart;
    for (const c of changes.slice(i, last + 1)) {
      for (; at < c.aStart; at++) push(out, " ", a[at]);
      for (; at < c.aEnd; at++) push(out, "-", a[at]);
      for (let j = c.bStart; j < c.bEnd; j++) push(out, "+", b[j]);
    }
    for (; at < aEnd; at++) push(out, " ", a[at]);
    i = last + 1;
  }
  return `${out.join("\n")}\n`;
}

function range(start: number, end: number): string {
  const count = end - start;
  return `${count === 0 ? start : start + 1}${count === 1 ? "" : `,${count}`}`;
}

function push(out: string[], mark: string, line: string): void {
  if (line.endsWith("\n")) out.push(mark + line.slice(0, -1));
  else out.push(mark + line, "\\ No newline at end of file");
}

/** Lines with their ends. */
function linesOf(bytes: Uint8Array): string[] {
  return decoder.decode(bytes).match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

interface Change {
  readonly aStart: number;
  readonly aEnd: number;
  readonly bStart: number;
  readonly bEnd: number;
}

/**
 * Shortest edit script by Myers' greedy algorithm (An O(ND) Difference Algorithm, 1986) between the common head and tail: D
 * is the handful of lines that fixes change.
 */
function changedRanges(a: readonly string[], b: readonly string[]): Change[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const n = a.length - head - tail;
  const m = b.length - head - tail;
  if (n === 0 && m === 0) return [];
  const trace: Map<number, number>[] = [];
  let far = new Map<number, number>([[1, 0]]);
  search: for (let d = 0; ; d++) {
    trace.push(new Map(far));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (far.get(k - 1) ?? -1) < (far.get(k + 1) ?? -1));
      let x = down ? (far.get(k + 1) ?? 0) : (far.get(k - 1) ?? 0) + 1;
      while (x < n && x - k < m && a[head + x] === b[head + x - k]) x++;
      far.set(k, x);
      if (x >= n && x - k >= m) break search;
    }
    far = new Map(far);
  }
  // Walk back; single insertions and deletions that touch become one change.
  const changes: Change[] = [];
  let x = n;
  let y = m;
  for (let d = trace.length - 1; d > 0; d--) {
    const v = trace[d];
    const k = x - y;
    const down = k === -d || (k !== d && (v.get(k - 1) ?? -1) < (v.get(k + 1) ?? -1));
    const px = down ? (v.get(k + 1) ?? 0) : (v.get(k - 1) ?? 0);
    const py = px - (down ? k + 1 : k - 1);
    const change = {
      aStart: head + px,
      aEnd: head + px + (down ? 0 : 1),
      bStart: head + py,
      bEnd: head + py + (down ? 1 : 0),
    };
    const next = changes.at(-1);
    if (next !== undefined && next.aStart === change.aEnd && next.bStart === change.bEnd)
      changes[changes.length - 1] = { ...next, aStart: change.aStart, bStart: change.bStart };
    else changes.push(change);
    x = px;
    y = py;
  }
  return changes.reverse();
}
