import { expect, test } from "vitest";
import type { Verdict } from "../watch/verdict.ts";
import { confirmed } from "./confirmed.ts";
import type { Suspect } from "./suspect.ts";

const at = { function: "main.work", file: "m.go", line: 7 };
const suspect = (over: Partial<Suspect>): Suspect => ({
  kind: "goroutine",
  status: "possible",
  signature: null,
  title: "",
  count: 900,
  before: 880,
  unit: "goroutines",
  wait: "chan send",
  minutes: null,
  location: at,
  stack: [{ func: "main.work", file: "m.go", line: 7 }],
  createdBy: null,
  openedBy: null,
  connections: [],
  labels: [],
  evidence: ["a fact"],
  meaning: "",
  next: [],
  rule: null,
  score: 1,
  ...over,
});
const verdict = (over: Partial<Verdict>): Verdict =>
  ({
    kind: "goroutine",
    status: "leak",
    signal: { name: "chan send|main.work|main.work" },
    stack: [at],
    location: at,
    value: 900,
    from: 4,
    evidence: ["From 4 to 900."],
    ...over,
  }) as Verdict;

test("what the watch calls a leak is one here, and comes first", () => {
  const other = suspect({ location: { ...at, line: 9 }, score: 2000, status: "likely" });
  const [first, second] = confirmed([other, suspect({})], [verdict({})]);
  expect([first.status, first.evidence]).toEqual(["leak", ["a fact", "The watch calls it a leak. From 4 to 900."]]);
  expect(second).toBe(other);
});

test("not what is healthy, of another line, another wait or another kind", () => {
  const s = suspect({});
  for (const v of [
    verdict({ status: "healthy" }),
    verdict({ location: { ...at, line: 8 } }),
    verdict({ signal: { name: "select|main.work|main.work" } as Verdict["signal"] }),
    verdict({ kind: "heap" }),
  ])
    expect(confirmed([s], [v])).toEqual([s]);
});

test("a library's goroutines, for which a watch names no line", () => {
  const name = "select|net/http.(*persistConn).readLoop|net/http.(*persistConn).readLoop";
  const leaf = { function: "net/http.(*persistConn).readLoop", file: "transport.go", line: 2450 };
  const s = suspect({ wait: "select", location: leaf, stack: [{ ...leaf, func: leaf.function }] });
  const v = verdict({ signal: { name } as Verdict["signal"], stack: [leaf], location: null });
  expect(confirmed([s], [v])[0].status).toBe("leak");
  // The same leaf, but called by the program: another group.
  const own = { ...s, location: at };
  expect(confirmed([own], [v])).toEqual([own]);
});

test("memory by its line, connections by their peer", () => {
  const heap = suspect({ kind: "heap", unit: "bytes" });
  expect(confirmed([heap], [verdict({ kind: "heap" })])[0].status).toBe("leak");
  const connection = {
    transport: "tcp",
    state: "ESTABLISHED",
    direction: "out",
    peer: "10.0.0.7",
    port: 5432,
  } as const;
  const socket = suspect({ kind: "socket", connections: [{ ...connection, count: 9, unread: 0, fds: [] }] });
  const named = (name: string) => verdict({ kind: "socket", signal: { name } as Verdict["signal"] });
  expect(confirmed([socket], [named("10.0.0.7:5432 ESTABLISHED")])[0].status).toBe("leak");
  expect(confirmed([socket], [named("10.0.0.8:5432 ESTABLISHED")])[0].status).toBe("possible");
});
