/** A suspect: a signal joined to the code that causes it. */
import type { Frame } from "../profile/columns.ts";
import type { Connections } from "./evidence.ts";

export type SuspectKind = "goroutine" | "heap" | "fd" | "socket" | "pool";

/**
 * How sure: `leak` is proven (by the runtime, or because it can never end), `likely` has grown or shows a mark that healthy programs do
 * not, `possible` is a pile that a healthy program can have too.
 */
export type SuspectStatus = "leak" | "likely" | "possible";

export interface Suspect {
  readonly kind: SuspectKind;
  readonly status: SuspectStatus;
  /** Row of the signature table, null where no known one fits. */
  readonly signature: string | null;
  readonly title: string;
  /** What it is of where no stack says so: a file, a kind of descriptor, a pool as a watch names its signal. */
  readonly subject?: string;
  readonly count: number;
  /** Of the earlier look; null with one look. */
  readonly before: number | null;
  /** How many connections these goroutines hold, where several share one; absent: one each. */
  readonly holds?: number;
  readonly unit: "goroutines" | "connections" | "descriptors" | "bytes";
  readonly wait: string;
  readonly minutes: { readonly least: number; readonly median: number; readonly most: number } | null;
  /** The line to look at; null where the evidence names none. */
  readonly location: { readonly function: string; readonly file: string; readonly line: number } | null;
  /** Leaf first. */
  readonly stack: readonly Frame[];
  readonly createdBy: Frame | null;
  /** Where its descriptors were opened, or its pool connections borrowed, as the tracing probe saw it; null without one. */
  readonly openedBy: {
    readonly stack: readonly Frame[];
    readonly at: Frame;
    readonly count: number;
    readonly heldSeconds: number;
  } | null;
  readonly connections: readonly Connections[];
  readonly labels: readonly { readonly key: string; readonly value: string; readonly count: number }[];
  /** Facts, one line each. */
  readonly evidence: readonly string[];
  readonly meaning: string;
  readonly next: readonly string[];
  /** The source rule that finds this leak before it runs. */
  readonly rule: string | null;
  /** Larger is worse; for ranking only. */
  readonly score: number;
}

/** The fields of what has no goroutine: connections, descriptors, pools. */
export const withoutStack = {
  wait: "",
  minutes: null,
  location: null,
  stack: [],
  createdBy: null,
  openedBy: null,
  connections: [],
  labels: [],
} as const satisfies Partial<Suspect>;

const statusWeight = { leak: 3000, likely: 2000, possible: 1000 } as const;

export function scoreOf(status: SuspectStatus, count: number, growth: number): number {
  return statusWeight[status] + 100 * Math.log10(1 + Math.max(0, growth)) * 2 + 100 * Math.log10(1 + count);
}
