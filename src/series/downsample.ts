/** Fewer looks for what is long past: one for each step of time, made so that it still says what the many said. */
import type { Point, Sample } from "./sample.ts";
import { signalId } from "./signal.ts";

/**
 * One look per `stepMs` and process. Of a counter the last value (its rate is what counts), of a saw-tooth the least (its floor is what is
 * live), of anything else the lower median, which is a value that was really there and which bursts do not bend. Looks keep the time of the
 * last one that went into them. What was there in less than half of the looks is left out where its kind was read whole, as it would be zero.
 */
export function downsample(samples: readonly Sample[], stepMs: number): Sample[] {
  const out: Sample[] = [];
  let from = 0;
  for (let i = 1; i <= samples.length; i++) {
    if (i < samples.length && sameBucket(samples[from], samples[i], stepMs)) continue;
    out.push(i - from === 1 ? samples[from] : joined(samples.slice(from, i)));
    from = i;
  }
  return out;
}

function sameBucket(a: Sample, b: Sample, stepMs: number): boolean {
  return (
    Math.floor(a.timeMs / stepMs) === Math.floor(b.timeMs / stepMs) &&
    a.process?.pid === b.process?.pid &&
    a.process?.startedMs === b.process?.startedMs
  );
}

function joined(samples: readonly Sample[]): Sample {
  const last = samples[samples.length - 1];
  const columns = new Map<string, { point: Point; values: number[] }>();
  for (const s of samples)
    for (const point of s.points) {
      if (!Number.isFinite(point.value)) continue;
      const id = signalId(point.signal);
      const c = columns.get(id);
      if (c === undefined) columns.set(id, { point, values: [point.value] });
      else {
        c.point = point;
        c.values.push(point.value);
      }
    }
  // A kind counts as read whole where it was in every look.
  const read = new Set([...last.read].filter((k) => samples.every((s) => s.read.has(k))));
  const points: Point[] = [];
  for (const { point, values } of columns.values()) {
    const { signal } = point;
    if (read.has(signal.kind) && values.length * 2 < samples.length) continue;
    const value = signal.counter
      ? values[values.length - 1]
      : signal.sawtooth
        ? Math.min(...values)
        : values.sort((a, b) => a - b)[(values.length - 1) >> 1];
    points.push({ signal, value });
  }
  const proven = samples.findLast((s) => s.proven !== undefined)?.proven;
  const collections = samples.findLast((s) => s.collections !== undefined)?.collections;
  return {
    timeMs: last.timeMs,
    process: last.process,
    read,
    points,
    ...(proven === undefined ? {} : { proven }),
    ...(collections === undefined ? {} : { collections }),
  };
}
