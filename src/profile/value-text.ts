import { nanoseconds } from "../base/durations.ts";
import { bytes, count } from "../base/numbers.ts";

/** How values of a sample type's unit are shown: bytes and nanoseconds as such, all else as numbers. */
export function valueText(unit: string): (value: number) => string {
  return unit === "bytes" ? bytes : unit === "nanoseconds" ? nanoseconds : count;
}
