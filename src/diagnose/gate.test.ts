import { describe, expect, it } from "vitest";
import type { Verdict } from "../watch/verdict.ts";
import { gateService, isUnsettled, outcomeOf, type GateBaseline, type GateInstance, type GateRules } from "./gate.ts";
import type { Suspect } from "./suspect.ts";

const rules: GateRules = { requireLoad: false, failOnStayed: false };

function verdict(func: string, line: number, more: Partial<Verdict> = {}, wait = "chan send"): Verdict {
  const at = { function: func, file: "/src/app/main.go", line };
  return {
    signal: {
      kind: "goroutine",
      name: `${wait}|${func.replace(/\.func[\d.]+$/, ".func")}|main.main`,
      unit: "count",
      counter: false,
      sawtooth: false,
      limit: null,
      label: `${wait} at ${func}`,
      location: at,
      stack: [at],
    },
    kind: "goroutine",
    status: "leak",
    shape: "leak",
    growth: { perSecond: 2, low: 1, high: 3, unit: "count" },
    value: 500,
    from: 10,
    sinceMs: 0,
    decidedMs: 20_000,
    errorRate: 1e-9,
    proven: 0,
    exhaustionSeconds: null,
    detectable: null,
    evidence: [],
    changeOfMind: "",
    location: at,
    stack: [at],
    ...more,
  };
}

function total(status: Verdict["status"], kind: "goroutine" | "heap" = "goroutine"): Verdict {
  const v = verdict("x", 0, { status, kind, location: null, stack: [] });
  return { ...v, signal: { ...v.signal, kind, name: "total", label: `${kind}s`, location: null, stack: [] } };
}

function instance(name: string, verdicts: Verdict[], more: Partial<GateInstance> = {}): GateInstance {
  return {
    name,
    process: { pid: 1, startedMs: 1, goVersion: null, module: "example.com/app", revision: "bbbb" },
    firstMs: 0,
    looks: 100,
    seconds: 100,
    verdicts,
    all: [total("healthy"), ...verdicts],
    load: "busy",
    loadWhy: "requests_total +900 in 100 looks",
    restarts: 0,
    failure: null,
    ...more,
  };
}

function baseline(verdicts: Verdict[], more: Partial<GateBaseline> = {}): GateBaseline {
  return {
    targets: ["api"],
    process: { pid: 9, startedMs: 9, goVersion: null, module: "example.com/app", revision: "aaaa" },
    looks: 200,
    seconds: 200,
    verdicts,
    suspects: [],
    ...more,
  };
}

const changes = (s: ReturnType<typeof gateService>): string[] => s.lines.map((l) => l.change);

describe("a gate", () => {
  it("fails for a leak that the previous revision did not have, and for nothing else", () => {
    const old = verdict("main.old", 10);
    const came = gateService("app", [instance("a", [verdict("main.new", 5)])], baseline([old]), rules);
    expect([changes(came), outcomeOf([came], rules)]).toEqual([["came", "went"], "failed"]);
    const stayed = gateService("app", [instance("a", [verdict("main.old", 99)])], baseline([old]), rules);
    expect([changes(stayed), outcomeOf([stayed], rules)]).toEqual([["stayed"], "passed"]);
    const strict = { ...rules, failOnStayed: true };
    expect(outcomeOf([stayed], strict)).toBe("failed");
    const went = gateService("app", [instance("a", [total("healthy")])], baseline([old]), rules);
    expect([changes(went), outcomeOf([went], rules)]).toEqual([["went"], "passed"]);
  });

  it("takes a leak for the same when its line, its closure's number or its wait changed, not when its function did", () => {
    const before = baseline([verdict("main.run.func1.2", 10)]);
    const moved = (v: Verdict): string[] => changes(gateService("app", [instance("a", [v])], before, rules));
    expect(moved(verdict("main.run.func3.1", 80))).toEqual(["stayed"]);
    expect(moved(verdict("main.run.func3.1", 80, {}, "select"))).toEqual(["stayed"]);
    expect(moved(verdict("main.walk.func1.2", 10))).toEqual(["came", "went"]);
  });

  it("says of a leak of before that it went only when it was watched for long enough", () => {
    const few = gateService(
      "app",
      [instance("a", [], { looks: 12, all: [total("undecided")] })],
      baseline([verdict("main.f", 1)]),
      rules,
    );
    expect(changes(few)).toEqual(["open"]);
    expect(few.noVerdict[0]).toContain("12 times");
    expect(outcomeOf([few], rules)).toBe("no verdict");
    const unsure = gateService(
      "app",
      [instance("a", [], { all: [verdict("main.f", 1, { status: "undecided" })] })],
      baseline([verdict("main.f", 1)]),
      rules,
    );
    expect([changes(unsure), isUnsettled(unsure)]).toEqual([["open"], true]);
  });

  it("names the instances that disagree, and counts one leak once", () => {
    const s = gateService(
      "app",
      [instance("a", [verdict("main.f", 5)]), instance("b", [verdict("main.f", 5)]), instance("c", [total("healthy")])],
      baseline([]),
      rules,
    );
    expect(s.lines).toHaveLength(1);
    expect(s.lines[0]).toMatchObject({
      change: "came",
      leaking: ["a", "b"],
      others: [{ name: "c", status: "healthy" }],
    });
  });

  it("gives an idle process no verdict where load is required, and fails it all the same when it leaks", () => {
    const need = { ...rules, requireLoad: true };
    const idle = { load: "idle" as const, loadWhy: "requests_total +3 in 100 looks" };
    const quiet = gateService("app", [instance("a", [total("healthy")], idle)], baseline([]), need);
    expect([outcomeOf([quiet], need), quiet.noVerdict[0]]).toEqual([
      "no verdict",
      "a had nothing to do (requests_total +3 in 100 looks)",
    ]);
    const leaks = gateService("app", [instance("a", [verdict("main.f", 5)], idle)], baseline([]), need);
    expect(outcomeOf([leaks], need)).toBe("failed");
    const some = gateService(
      "app",
      [instance("a", [total("healthy")], idle), instance("b", [total("healthy")])],
      baseline([]),
      need,
    );
    expect(outcomeOf([some], need)).toBe("passed");
    const noted = gateService("app", [instance("a", [total("healthy")], idle)], baseline([]), rules);
    expect([outcomeOf([noted], rules), noted.notes[0]]).toEqual([
      "passed",
      expect.stringContaining("had nothing to do"),
    ]);
  });

  it("says what restarted, what cannot be read, which revisions run, and which is the baseline's own", () => {
    const s = gateService(
      "app",
      [
        instance("a", [], {
          restarts: 2,
          process: { pid: 1, startedMs: 1, goVersion: null, module: "m", revision: "aaaa" },
        }),
        instance("b", []),
        instance("c", [], { looks: 0, all: [], failure: "nothing listens" }),
      ],
      baseline([]),
      rules,
    );
    expect(s.noVerdict).toEqual([]);
    expect(s.notes.join("\n")).toMatch(/2 revisions: aaaa, bbbb/);
    expect(s.notes.join("\n")).toMatch(/a runs the revision of the baseline/);
    expect(s.notes.join("\n")).toMatch(/a was started anew 2 times/);
    expect(s.notes.join("\n")).toMatch(/c cannot be read: nothing listens/);
  });

  it("takes a recording of totals for what it is: it cannot tell leaks of one kind apart", () => {
    const only = baseline([total("leak")]);
    expect(changes(gateService("app", [instance("a", [verdict("main.f", 5)])], only, rules))).toEqual(["stayed"]);
    const parts = baseline([total("leak"), verdict("main.g", 3)]);
    expect(changes(gateService("app", [instance("a", [verdict("main.f", 5)])], parts, rules))).toContain("came");
  });

  it("takes a pile in a bundle for an old leak only where it was as large already", () => {
    const pile = (count: number): GateBaseline =>
      baseline([], {
        suspects: [
          {
            kind: "goroutine",
            status: "possible",
            signature: null,
            title: "goroutines that wait",
            count,
            before: null,
            unit: "goroutines",
            wait: "chan send",
            minutes: null,
            location: { function: "main.f", file: "/src/app/main.go", line: 2 },
            stack: [{ func: "main.f", file: "/src/app/main.go", line: 2 }],
            createdBy: null,
            openedBy: null,
            connections: [],
            labels: [],
            evidence: [],
            meaning: "",
            next: [],
            rule: null,
            score: 1,
          } satisfies Suspect,
        ],
      });
    const now = [instance("a", [verdict("main.f", 5)])];
    expect(changes(gateService("app", now, pile(5000), rules))).toEqual(["stayed"]);
    expect(changes(gateService("app", now, pile(20), rules))).toEqual(["came"]);
    expect(changes(gateService("app", [instance("a", [total("healthy")])], pile(20), rules))).toEqual([]);
  });
});
