import { describe, expect, test } from "vitest";
import { openerName } from "../../series/openers.ts";
import type { Sample } from "../../series/sample.ts";
import { OWN_CONNECTIONS, type Signal, type SignalKind } from "../../series/signal.ts";
import { signal } from "../../series/testing.ts";
import type { Verdict } from "../verdict.ts";
import { Judge } from "./judge.ts";

const frame = (line: number) => ({ function: "main.f", file: "/src/main.go", line });

function opener(how: "held" | "opened" | "traced", what: string, line: number): Signal {
  const name = openerName({ how, what, by: `main.f${line} main.go` });
  return signal("load", name, { counter: how === "opened", location: frame(line), stack: [frame(line)] });
}

type Row = readonly [Signal, (i: number) => number];

/** Five minutes of looks a second, with requests that stay the same; the leaks at the end. */
function leaks(...rows: Row[]): readonly Verdict[] {
  const judge = new Judge();
  const requests = signal("load", "requests_total", { counter: true });
  for (let i = 0; i < 300; i++) {
    const points = [[requests, (n: number) => n * 50] as Row, ...rows].map(([s, value]) => ({
      signal: s,
      value: value(i),
    }));
    const sample: Sample = {
      timeMs: 1_000_000 + i * 1000,
      process: null,
      read: new Set<SignalKind>(["goroutine", "fd", "socket"]),
      points: points.filter((p) => !Number.isNaN(p.value)),
    };
    judge.push(sample);
  }
  return judge.verdicts().filter((v) => v.status === "leak");
}
const grows = (i: number): number => 5 + i;
const brief = (v: readonly Verdict[]): string[] => v.map((x) => `${x.signal.name} ${x.location?.line ?? "-"}`).sort();
const files: Row = [signal("fd", "file"), grows];

describe("who opens what piles up", () => {
  test("is who the tracing probe saw, before all else", () => {
    const found = leaks(
      files,
      [opener("traced", "fd file", 3), (i) => (i === 200 ? 9 : Number.NaN)],
      [opener("held", "file", 7), () => 5],
    );
    expect(brief(found)).toEqual(["file 3"]);
    expect(found[0].stack).toEqual([frame(3)]);
    expect(found[0].evidence.join(" ")).toContain("probe saw 9 of them opened and still open");
  });

  test("is who holds what the heap profile sampled, unless several do", () => {
    expect(brief(leaks(files, [opener("held", "file", 7), () => 5], [opener("held", "socket", 8), () => 9]))).toEqual([
      "file 7",
    ]);
    for (const [one, other] of [
      [9, 6],
      [4, 0],
    ])
      expect(
        brief(leaks(files, [opener("held", "file", 7), () => one], [opener("held", "file", 8), () => other])),
      ).toEqual(["file -"]);
  });

  test("is who opened most, where no open one was sampled, with the doubt said", () => {
    const found = leaks(files, [opener("opened", "file", 7), (i) => Math.floor(i / 40)]);
    expect(brief(found)).toEqual(["file 7"]);
    expect(found[0].evidence.join(" ")).toContain("though some of these may be closed");
    // Two are too few; and what is held must not be another's.
    expect(brief(leaks(files, [opener("opened", "file", 7), (i) => Math.floor(i / 120)]))).toEqual(["file -"]);
    const other: Row = [opener("held", "file", 8), () => 1];
    expect(brief(leaks(files, other, [opener("opened", "file", 7), (i) => Math.floor(i / 40)]))).toEqual(["file -"]);
  });

  test("is not known of what is a small part of all that is open", () => {
    const held: Row = [opener("held", "socket", 7), () => 6];
    const leak: Row = [signal("socket", "10.0.0.7:6379 ESTABLISHED"), grows];
    expect(brief(leaks(leak, [signal("fd", "socket"), () => 5000], held))).toEqual(["10.0.0.7:6379 ESTABLISHED -"]);
    expect(brief(leaks(leak, [signal("fd", "socket"), (i) => 9 + i], held))).toEqual([
      "10.0.0.7:6379 ESTABLISHED 7",
      "socket 7",
    ]);
    // What clients open nobody here opens.
    expect(brief(leaks([signal("socket", ":8080 in CLOSE_WAIT"), grows], held))).toEqual([":8080 in CLOSE_WAIT -"]);
  });

  test("is no more than told where goroutines wait for as many, in one place", () => {
    const socket: Row = [signal("socket", "10.0.0.7:80 ESTABLISHED"), grows];
    const waits = (name: string, line: number, value = grows): Row => [
      signal("goroutine", `IO wait|main.${name}|main.${name}`, { location: frame(line) }),
      value,
    ];
    const half = waits("other", 5, (i) => 5 + i / 2);
    const said = (found: readonly Verdict[]): string | undefined => {
      const v = found.find((x) => x.kind === "socket");
      expect(v?.location).toBeNull();
      return v?.evidence.find((e) => e.includes("more goroutines"));
    };
    expect(said(leaks(socket, waits("read", 4), half))).toMatch(/^\d+ more goroutines are in IO wait\|main\.read/);
    expect(said(leaks(socket, waits("read", 4), waits("answer", 6)))).toBeUndefined();
    expect(said(leaks(socket, half))).toBeUndefined();
  });

  test("is no leak, no work and no total itself", () => {
    expect(leaks([opener("held", "file", 7), grows])).toEqual([]);
    expect(brief(leaks(files, [signal("fd", "file /tmp/x*"), (i) => 3 + i]))).toEqual(["file /tmp/x* -"]);
  });
});

describe("a process that dials itself", () => {
  const own: Row = [signal("load", OWN_CONNECTIONS), grows];
  const inbound: Row = [signal("load", "connections"), () => 2];

  test("leaks at the end that dialled, and not at the one that serves", () => {
    const found = leaks(
      own,
      inbound,
      [signal("goroutine", "IO wait|main.listens|main.listens", { location: frame(3) }), grows],
      [signal("goroutine", "IO wait|net/http.(*conn).serve|net/http.(*conn).serve"), grows],
    );
    expect(brief(found)).toEqual(["IO wait|main.listens|main.listens 3"]);
  });
});
