/** Fewer points of several series that come from the same looks: all at the same times, so that they can be drawn over each other. */

export interface Course {
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
  /** Of a counter the last value of a stretch is kept, of a level the mean. */
  readonly counter: boolean;
}

/** At most `points` of each, at times that all have in common; null where a series has nothing in a stretch. */
export function thin(all: readonly Course[], points: number): { times: number[]; values: (number | null)[] }[] {
  const longest = all.reduce((n, s) => Math.max(n, s.times.length), 0);
  if (longest <= points) return all.map((s) => ({ times: [...s.times], values: [...s.values] }));
  const timeline = Float64Array.from(new Set(all.flatMap((s) => s.times))).sort();
  const ends = Array.from({ length: points }, (_, i) => timeline[Math.floor(((i + 1) * timeline.length) / points) - 1]);
  return all.map(({ times, values, counter }) => {
    const out: { times: number[]; values: (number | null)[] } = { times: [], values: [] };
    let at = 0;
    for (const end of ends) {
      let sum = 0;
      let known = 0;
      let last: number | null = null;
      const from = at;
      for (; at < times.length && times[at] <= end; at++) {
        const v = values[at];
        if (v === null) continue;
        sum += v;
        known++;
        last = v;
      }
      // Before its first point and after its last a series is not there.
      if (from === at && (at === 0 || at === times.length)) continue;
      out.times.push(end);
      out.values.push(known === 0 ? null : counter ? last : sum / known);
    }
    return out;
  });
}
