/**
 * Order and shares. Packages are analysed in dependency order, imports first: a package met first as the one under
 * analysis is parsed once, with its bodies, and then serves those that import it. Neighbours in that order share most of
 * their dependencies, so each worker gets a contiguous stretch of it.
 *
 *     order      a b c d e f g h
 *     shares     └─── 0 ───┘└ 1 ┘      equal in bytes; who is done first takes half of what the other has left, from its end
 */
import type { LoadedPackage } from "../go/load/loaded-package.ts";

/** Imports before importers; otherwise in the order given. `importsOf` is asked for the packages given only. */
export function dependencyOrder(
  packages: readonly LoadedPackage[],
  importsOf: (pkg: LoadedPackage) => Iterable<LoadedPackage>,
): LoadedPackage[] {
  const wanted = new Set(packages);
  const seen = new Set<LoadedPackage>();
  const order: LoadedPackage[] = [];
  // Depth first with a stack of its own: chains of imports are long in generated trees.
  for (const root of packages) {
    if (seen.has(root)) continue;
    seen.add(root);
    const stack: { pkg: LoadedPackage; rest: Iterator<LoadedPackage> }[] = [
      { pkg: root, rest: importsOf(root)[Symbol.iterator]() },
    ];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.rest.next();
      if (next.done === true) {
        order.push(top.pkg);
        stack.pop();
      } else if (wanted.has(next.value) && !seen.has(next.value)) {
        seen.add(next.value);
        stack.push({ pkg: next.value, rest: importsOf(next.value)[Symbol.iterator]() });
      }
    }
  }
  return order;
}

/** The stretches of `weights` that workers take from: indices in order, shared out evenly and again when one runs dry. */
export class Shares {
  /** Per worker: [next, end) of its stretch. */
  private readonly stretches: { next: number; end: number }[] = [];

  constructor(weights: readonly number[], workers: number) {
    const total = weights.reduce((sum, w) => sum + w, 0);
    let next = 0;
    let sum = 0;
    for (let w = 0; w < workers; w++) {
      let end = next;
      while (end < weights.length && (w === workers - 1 || sum + weights[end] / 2 < (total * (w + 1)) / workers))
        sum += weights[end++];
      this.stretches.push({ next, end });
      next = end;
    }
  }

  /** The index that `worker` does next; null where all are taken. */
  take(worker: number): number | null {
    const own = this.stretches[worker];
    if (own.next < own.end) return own.next++;
    let largest = own;
    for (const s of this.stretches) if (s.end - s.next > largest.end - largest.next) largest = s;
    const left = largest.end - largest.next;
    if (left <= 0) return null;
    const middle = largest.end - Math.ceil(left / 2);
    [own.next, own.end, largest.end] = [middle, largest.end, middle];
    return own.next++;
  }
}
