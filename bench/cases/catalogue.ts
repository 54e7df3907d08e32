/** What must be found in which example: the one list behind `bench/cases.ts` and its test. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Server } from "../../src/demo/toolchain.ts";

export const root = join(fileURLToPath(new URL(".", import.meta.url)), "../..");

export interface Leak {
  /** The rule that must name it, in the source and joined to what is seen live. */
  readonly rule: string;
  /** Text on the line at which the finding stands. */
  readonly at: string;
  /** What of the process piles up; null where it shows in the source only, because what it does live is no growth. */
  readonly piles: "goroutine" | "socket" | "heap" | "fd" | null;
  /** Rules that name the same live pile from its other side. */
  readonly alsoRight?: readonly string[];
}

export interface Example {
  /** 1 to 8 for the cases; null for the small examples of one rule each. */
  readonly number: number | null;
  readonly name: string;
  /** Folder of its module, below the project's. */
  readonly module: string;
  /** Folder of `leaky` and `fixed`, below the module's: "" where they are at its top. */
  readonly folder: string;
  readonly needs: readonly Server[];
  readonly leaks: readonly Leak[];
}

const cases: readonly Omit<Example, "number" | "module" | "folder">[] = [
  {
    name: "http-client",
    needs: ["postgresql"],
    leaks: [
      { rule: "http-transport-per-call", at: "Transport: &http.Transport{}", piles: "goroutine" },
      { rule: "http-body-unclosed", at: 'client.Get(stock + "/" + article)', piles: "goroutine" },
    ],
  },
  {
    name: "sql-pool",
    needs: ["postgresql"],
    leaks: [{ rule: "sql-rows-unclosed", at: "db.Query(", piles: "goroutine" }],
  },
  {
    name: "grpc-channel",
    needs: [],
    leaks: [
      { rule: "grpc-conn-per-call", at: "grpc.NewClient(", piles: "goroutine" },
      { rule: "grpc-keepalive-conflict", at: "Time:  ", piles: null },
    ],
  },
  {
    name: "redis-client",
    needs: ["redis"],
    leaks: [
      { rule: "redis-client-per-call", at: "client := redis.NewClient(", piles: "socket" },
      { rule: "redis-pubsub-unclosed", at: "shared.Subscribe(", piles: "goroutine" },
    ],
  },
  {
    name: "lost-deadline",
    needs: [],
    leaks: [{ rule: "context-not-propagated", at: "context.WithTimeout(", piles: "goroutine" }],
  },
  {
    name: "never-done",
    needs: [],
    leaks: [
      { rule: "context-never-done", at: "<-ctx.Done()", piles: "goroutine" },
      { rule: "goroutine-send-blocked", at: "make(chan string)", piles: "goroutine" },
    ],
  },
  { name: "timers", needs: [], leaks: [{ rule: "timer-after-in-loop", at: "time.After(", piles: "heap" }] },
  {
    name: "unread-error",
    needs: [],
    leaks: [{ rule: "unmarshal-error-unchecked", at: "json.Unmarshal(", piles: "heap" }],
  },
];

const ofOneRule: readonly Leak[] = [
  { rule: "context-never-done", at: "<-ctx.Done()", piles: "goroutine" },
  { rule: "goroutine-send-blocked", at: "make(chan string)", piles: "goroutine" },
  { rule: "http-body-unclosed", at: "client.Get(", piles: "goroutine" },
  { rule: "http-request-no-deadline", at: "http.Get(", piles: "goroutine" },
  { rule: "http-transport-per-call", at: "Transport: &http.Transport{}", piles: "goroutine" },
  { rule: "mutex-not-unlocked", at: "mu.Lock()", piles: "goroutine" },
  { rule: "resource-unclosed", at: "os.Open(", piles: "fd" },
];

export const examples: readonly Example[] = [
  ...cases.map((c, i): Example => {
    const own = c.name === "timers"; // another go line
    return {
      ...c,
      number: i + 1,
      module: own ? "examples/cases/timers" : "examples/cases",
      folder: own ? "" : c.name,
    };
  }),
  ...ofOneRule.map((leak): Example => ({
    number: null,
    name: leak.rule,
    module: "examples",
    folder: leak.rule,
    needs: [],
    leaks: [leak],
  })),
];

export type Variant = "leaky" | "fixed";

/** Of a package's folder below its module: "http-client/leaky". */
export function packageOf(e: Example, variant: Variant): string {
  return e.folder === "" ? variant : `${e.folder}/${variant}`;
}

/** The line at which a leak stands, from 1. @throws Error where the text is not there exactly once. */
export function lineOf(e: Example, leak: Leak): number {
  const lines = readFileSync(join(root, e.module, packageOf(e, "leaky"), "main.go"), "utf8").split("\n");
  const found = lines.flatMap((l, i) => (l.includes(leak.at) ? [i + 1] : []));
  if (found.length !== 1) throw new Error(`${e.name}: ${found.length} lines with ${JSON.stringify(leak.at)}`);
  return found[0];
}
