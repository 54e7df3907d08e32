/** For tests: signals that differ from a plain count in what is said of them. */
import type { Signal, SignalKind } from "./signal.ts";

export function signal(kind: SignalKind, name: string, over: Partial<Signal> = {}): Signal {
  return {
    kind,
    name,
    unit: "count",
    counter: false,
    sawtooth: false,
    limit: null,
    label: name,
    location: null,
    stack: [],
    ...over,
  };
}
