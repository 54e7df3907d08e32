/** What was recorded of one target, whatever recorded it. */
import type { Sample } from "../../series/sample.ts";

export interface Recording {
  readonly target: string;
  readonly samples: Iterable<Sample>;
  /** What of the file could not be used, one line each. Complete once the samples have been read. */
  readonly problems: readonly string[];
}
