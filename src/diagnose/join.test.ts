import { describe, expect, test } from "vitest";
import type { Finding } from "../diag/finding.ts";
import type { Frame } from "../profile/columns.ts";
import { signatures } from "./signatures.ts";
import { rulesFor } from "./signs.ts";
import { join, withoutEvidence, type Locate } from "./join.ts";
import { withoutStack, type Suspect } from "./suspect.ts";

const base: Suspect = {
  kind: "goroutine",
  status: "likely",
  signature: null,
  title: "goroutines that cannot deliver their result",
  count: 40,
  before: 10,
  unit: "goroutines",
  ...withoutStack,
  wait: "chan send",
  evidence: [],
  meaning: "",
  next: [],
  rule: "goroutine-send-blocked",
  score: 1,
};

function at(func: string, file: string, line: number): Frame {
  return { func, file, line };
}

function finding(rule: string, file: string, line: number, fn: string, path: number[] = []): Finding {
  return {
    rule,
    severity: "error",
    noteBecause: null,
    confidence: "high",
    message: "",
    file,
    line,
    column: 1,
    endLine: line,
    endColumn: 9,
    function: fn,
    fingerprint: `${rule}:${line}`,
    path: path.map((l) => ({ file, line: l, column: 1, message: "" })),
    fix: null,
  };
}

/** Files under /src are the module's own. */
const here: Locate = (file) =>
  file.startsWith("/src/") ? { file: file.slice("/src/".length), sameLines: !file.includes("moved") } : null;

describe("join", () => {
  test("goroutines beside a connection are explained by the only rule that can, and by none of several", () => {
    const writer = {
      ...base,
      signature: "http-write-loop",
      wait: "select",
      rule: null,
      stack: [at("net/http.(*persistConn).writeLoop", "/go/src/net/http/transport.go", 2652)],
    };
    const transport = finding("http-transport-per-call", "a.go", 5, "m.f");
    const [one] = join([writer], [transport], here);
    expect(one.match).toMatchObject({ tie: "signature", finding: transport });
    const [two] = join([writer], [transport, finding("http-body-unclosed", "a.go", 9, "m.g")], here);
    expect(two.match).toBeNull();
  });

  describe("what the source alone cannot tell", () => {
    const idle: Suspect = {
      ...base,
      signature: "http-idle-connections",
      wait: "IO wait",
      rule: "http-transport-per-call",
      title: "idle HTTP client connections",
      count: 180,
      stack: [at("net/http.(*persistConn).readLoop", "/go/net/http/transport.go", 2330)],
    };
    const connections = (port: number): Suspect => ({
      ...base,
      kind: "socket",
      title: "connections to one peer that pile up",
      count: 184,
      unit: "connections",
      wait: "",
      rule: null,
      connections: [
        {
          transport: "tcp",
          state: "ESTABLISHED",
          direction: "out",
          peer: "10.0.0.7",
          port,
          count: 184,
          unread: 0,
          fds: [],
        },
      ],
    });
    const unsure = {
      ...finding("http-transport-per-call", "main.go", 368, "main.main.func3"),
      confidence: "low",
    } as const;
    const body = finding("http-body-unclosed", "mappings.go", 104, "example.com/app.mappings");

    test("is the line of a leak that nothing surer explains, and is not listed where nothing bleeds", () => {
      const [{ match, chain }] = join([idle], [body, unsure], here);
      expect([match?.finding, match?.tie]).toEqual([unsure, "signature"]);
      expect(chain.at(-1)).toBe(
        "stanch check alone does not report http-transport-per-call at main.go:368: what is made there is handed to code that may keep it. The process shows a leak as it makes one, and nothing surer explains it.",
      );
      expect(withoutEvidence([body, unsure], join([], [body, unsure], here))).toEqual([body]);
    });

    test("comes after a sure finding of any tie", () => {
      const sure = finding("http-body-undrained", "main.go", 12, "main.get");
      expect(join([idle], [unsure, sure], here)[0].match?.finding).toBe(sure);
      const framed = { ...idle, stack: [...idle.stack, at("main.main.func3", "/src/main.go", 368)] };
      const near = finding("http-transport-per-call", "main.go", 300, "main.main");
      expect(join([framed], [unsure, near], here)[0].match?.finding).toBe(near);
      expect(join([framed], [unsure, body], here)[0].match).toMatchObject({ finding: unsure, tie: "line" });
    });

    test("connections and their descriptors are what as many goroutines beside them are", () => {
      const fds: Suspect = { ...connections(0), kind: "fd", unit: "descriptors", connections: [], count: 190 };
      const writers: Suspect = {
        ...idle,
        signature: "http-write-loop",
        wait: "select",
        rule: null,
        stack: [at("net/http.(*persistConn).writeLoop", "/go/net/http/transport.go", 2652)],
      };
      const all = join([connections(9200), fds, writers, idle], [body, unsure], here);
      expect(all.map((j) => j.match?.finding)).toEqual([unsure, unsure, unsure, unsure]);
      // Without them, or with far fewer, it is the kind of connection that counts.
      expect(join([connections(9200)], [body, unsure], here)[0].match?.finding).toBe(body);
      expect(join([connections(9200), { ...idle, count: 90 }], [body, unsure], here)[0].match?.finding).toBe(body);
      // Two goroutines to a connection are half as many connections.
      const pairs: Suspect = { ...idle, holds: idle.count / 2 };
      expect(join([connections(9200), pairs], [body, unsure], here)[0].match?.finding).toBe(body);
      // A port that says what answers there says more.
      const rows = finding("sql-rows-unclosed", "store.go", 9, "example.com/app.load");
      expect(join([connections(5432), idle], [rows, unsure], here)[0].match?.finding).toBe(rows);
      // Two kinds of goroutines in the same number say nothing.
      const open: Suspect = { ...idle, signature: "http-body-open", wait: "select", rule: "http-body-unclosed" };
      expect(join([connections(9200), idle, open], [body, unsure], here)[0].match?.finding).toBe(body);
    });
  });

  test("the line that blocks is a step of the finding's path", () => {
    const s = {
      ...base,
      stack: [at("main.work.func1", "/src/work.go", 21)],
      createdBy: at("main.work", "/src/work.go", 20),
    };
    const right = finding("goroutine-send-blocked", "work.go", 19, "example.com/app.work", [19, 21]);
    const near = finding("http-body-unclosed", "work.go", 30, "example.com/app.work", [30]);
    const [{ match, chain }] = join([s], [near, right], here);
    expect(match?.finding).toBe(right);
    expect(match?.tie).toBe("line");
    expect(chain.join(" ")).toContain("stanch check reports goroutine-send-blocked at work.go:19, on the same line");
  });

  test("the opener's line wins over where it blocks", () => {
    const s: Suspect = {
      ...base,
      kind: "socket",
      rule: "http-body-unclosed",
      stack: [at("main.other", "/src/work.go", 50)],
      openedBy: { stack: [], at: at("main.fetch", "/src/work.go", 10), count: 3, heldSeconds: 4 },
    };
    const opener = finding("http-body-unclosed", "work.go", 10, "example.com/app.fetch");
    const blocked = finding("http-body-unclosed", "work.go", 50, "example.com/app.other");
    expect(join([s], [blocked, opener], here)[0].match?.finding).toBe(opener);
  });

  test("another revision: by function, and only for rules that leak like this", () => {
    const s = { ...base, stack: [at("example.com/app/store.(*DB).load.func2", "/src/moved.go", 99)] };
    const right = finding("goroutine-send-blocked", "moved.go", 12, "(*example.com/app/store.DB).load");
    const other = finding("defer-in-loop", "moved.go", 13, "(*example.com/app/store.DB).load");
    const [{ match }] = join([s], [other, right], here);
    expect([match?.finding, match?.tie]).toEqual([right, "function"]);
    expect(join([s], [other], here)[0].match).toBeNull();
  });

  test("a finding elsewhere does not match a suspect that has its own lines", () => {
    const s = { ...base, stack: [at("main.work", "/src/work.go", 21)] };
    const elsewhere = finding("goroutine-send-blocked", "far.go", 5, "example.com/app.far");
    expect(join([s], [elsewhere], here)[0].match).toBeNull();
  });

  test("no frame of its own: by how the rule's leak looks, and the others are named", () => {
    const s: Suspect = {
      ...base,
      signature: "http-body-open",
      wait: "select",
      rule: "http-body-unclosed",
      stack: [at("net/http.(*persistConn).readLoop", "/usr/local/go/src/net/http/transport.go", 2300)],
    };
    const a = finding("http-body-unclosed", "a.go", 5, "example.com/app.a");
    const b = finding("http-body-unclosed", "b.go", 6, "example.com/app.b");
    const c = finding("mutex-not-unlocked", "c.go", 7, "example.com/app.c");
    const [{ match, chain }] = join([s], [a, b, c], here);
    expect(match?.tie).toBe("signature");
    expect(match?.others).toHaveLength(1);
    expect(chain.at(-1)).toContain("and so would 1 more");
    const [only] = join([s], [a, c], here);
    expect(only.chain.at(-1)).toContain("the only place in the program");
    expect(withoutEvidence([a, b, c], [{ suspect: s, match, chain }])).toEqual([c]);
  });

  test("nothing to join", () => {
    expect(join([base], [], here)[0]).toMatchObject({ match: null });
    expect(join([], [finding("x", "a.go", 1, "f")], here)).toEqual([]);
  });
});

test("every known pile that names a rule has its rule first", () => {
  for (const s of signatures)
    if (s.rule !== null && s.id !== "http-handler-stuck")
      expect(rulesFor({ kind: "goroutine", signature: s.id, wait: "", rule: s.rule })[0]).toBe(s.rule);
});
