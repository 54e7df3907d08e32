import type { Snapshot } from "./collect.ts";
import { ProbeError } from "./errors.ts";

export interface OpenedLine {
  readonly text: string;
  readonly frames: readonly string[];
}

export async function traceOpens(look: Snapshot, ms: number, signal: AbortSignal): Promise<readonly OpenedLine[]> {
  void look;
  void ms;
  void signal;
  throw new ProbeError("unsupported", "tracing is not there yet");
}
