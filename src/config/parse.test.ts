import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Config } from "./config.ts";
import { parseConfig, readConfig } from "./parse.ts";

const rules = ["defer-in-loop", "resource-unclosed"];
const parse = (text: string): Config => parseConfig(text, { file: "/repo/stanch.yaml", rules }, "stanch.yaml");
const complaint = (text: string): string => {
  try {
    parse(text);
    return "";
  } catch (e) {
    expect((e as Error).name).toBe("UsageError");
    return (e as Error).message;
  }
};

test("an empty file says nothing", () => {
  for (const text of ["", "# nothing yet\n", "{}"]) expect(parse(text).resources).toEqual([]);
});

test("resources, handlers, levels", () => {
  const config = parse(`
resources:
  - name: lease
    acquire: example.com/lock.Acquire
    release: [Release, "(*example.com/lock.Pool).Put", pool.Give]
  - { name: body, acquire: [a.com/x.Get, "(*a.com/x.C).Get"], release: Body.Close, lifetime: shared, result: 1 }
  - { name: stop function, acquire: a.com/x.Start, release: () }
handlers:
  - example.com/jobs.Run
  - { params: [context.Context, "*a.com/x.Job"], runs: for every job }
rules:
  defer-in-loop: off
  resource-unclosed: { level: error, paths: { "cmd/**": off, "cmd/api/**": note } }
`);
  expect(config.resources.map(({ path, methods, call, functions }) => [path, methods, call, functions])).toEqual([
    [[], ["Release"], false, ["(*example.com/lock.Pool).Put", "pool.Give"]],
    [["Body"], ["Close"], false, []],
    [[], [], true, []],
  ]);
  expect(config.resources[1]).toMatchObject({
    acquire: ["a.com/x.Get", "(*a.com/x.C).Get"],
    result: 1,
    lifetime: "shared",
  });
  expect(config.handlers).toEqual([
    { func: "example.com/jobs.Run", runs: "for every call" },
    { params: ["context.Context", "*a.com/x.Job"], runs: "for every job" },
  ]);
  expect([...config.rules]).toEqual([
    ["defer-in-loop", { level: "off", paths: [] }],
    [
      "resource-unclosed",
      {
        level: "error",
        paths: [
          { pattern: "cmd/**", level: "off" },
          { pattern: "cmd/api/**", level: "note" },
        ],
      },
    ],
  ]);
  expect(config.at("rules", "defer-in-loop")).toEqual({ line: 12, column: 18 });
});

test("paths become absolute and durations milliseconds", () => {
  const config = parse(
    "source: [.]\nwatch: { interval: 15s, stall-budget: 1.5ms, store: state, file-sd: [sd.json], retention: 7d, trace: 15s }\nserver: { source-roots: [src] }",
  );
  expect(config.source).toEqual(["/repo"]);
  expect(config.watch).toEqual({
    redact: false,
    traceMs: 15_000,
    srv: [],
    fileSd: ["/repo/sd.json"],
    intervalMs: 15_000,
    stallBudgetMs: 1.5,
    store: "/repo/state",
    retentionMs: 604_800_000,
  });
  expect(config.server.sourceRoots).toEqual(["/repo/src"]);
});

test.each([
  ["resorces: []", "stanch.yaml:1:1: resorces is unknown; did you mean resources?"],
  ["rules:\n  defer-in-lop: off", "stanch.yaml:2:3: no rule is called defer-in-lop; did you mean defer-in-loop?"],
  ["rules:\n  zzz: off", '"stanch explain" lists them'],
  ["rules: { defer-in-loop: wraning }", '"wraning" does not fit; did you mean warning?'],
  ["rules:\n  defer-in-loop: { levle: off }", "stanch.yaml:2:20: levle is unknown; did you mean level?"],
  ["rules:\n  defer-in-loop: { level: eror }", 'level: "eror" does not fit; did you mean error?'],
  ["rules: [a]", "does not fit; it is a mapping"],
  ["rules: { defer-in-loop: {} }", "defer-in-loop has neither a level nor paths"],
  ["rules:\n  defer-in-loop: off\n  defer-in-loop: note", "stanch.yaml:3:3: Map keys must be unique"],
  ["resources:\n  - { name: x, release: Close }", "stanch.yaml:2:5: acquire is missing"],
  ["resources:\n  - { name: x, acquire: Open, release: Close }", '"Open" is no full name of a function'],
  ["resources:\n  - { name: x, acquire: a.B, release: 1x }", '"1x" is no release'],
  ["never-returns: a.B", 'never-returns: "a.B" does not fit; it is a list'],
  ["handlers:\n  - parms: [x]", "stanch.yaml:2:5: parms is unknown; did you mean params?"],
  ["targets: { a: { url: ftp://x } }", "is no address: it begins with http"],
  ["targets: { a: { url: http://x, interval: 5 minutes } }", "is no duration: write 500ms"],
  ["targets: { a: { pid: one } }", '"one" does not fit; it is a number'],
  ["alerts: [{ type: webhok, url: http://x }]", '"webhok" does not fit; did you mean webhook?'],
  ["alerts: [{ type: exec }]", "command is missing"],
  ["a: [", "stanch.yaml:1:"],
  ["just words", "does not fit; it is a mapping"],
  ["<<<<<<< HEAD\nrules: {}\n=======\n>>>>>>> x\n", "stanch.yaml:1:1: has conflict marks"],
  [
    `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from("bcdefgh")
      .map((c, i) => `${c}: &${c} [${`*${"abcdefgh"[i]},`.repeat(9)}]`)
      .join("\n")}`,
    "alias",
  ],
])("%s", (text, message) => {
  expect(complaint(text)).toContain(message);
});

test.each([
  ["resources: [{ name: x, acquire: [a.B, a.B], release: Close }]", "a.B is listed twice"],
  [
    "resources: [{ name: x, acquire: a.B, release: Close }]\nnever-returns: [a.B]",
    "stanch.yaml:2:17: a.B never returns here and acquires a x further up",
  ],
  ["takes-ownership: [a.B]\nnever-returns: [a.B]", "it cannot be both"],
  [
    "resources:\n  - { name: x, acquire: a.B, release: Close }\n  - { name: y, acquire: a.C, release: [a.B] }",
    "stanch.yaml:3:40: a.B releases a y here and acquires a x",
  ],
  [
    "resources: [{ name: x, acquire: a.B, release: [(), Close] }]",
    "Close is a method, but () says that the value is a function",
  ],
  [
    "resources: [{ name: x, acquire: a.B, release: [Body.Close, Close] }]",
    "Close and Body.Close are methods of different values",
  ],
  ["targets: { a: {} }", "a has no address"],
  ["targets: { a: { url: http://x, pid: 3 } }", "a has a url and a pid"],
  ["targets: { a: { url: https://x, ca: a.pem, insecure: true } }", "insecure says not to verify"],
  ["targets: { 4711: { url: http://x } }", "reads as a pid"],
])("contradiction: %s", (text, message) => {
  expect(complaint(text)).toContain(message);
});

test("an error lists up to ten places, first things first", () => {
  const many = Array.from({ length: 15 }, (_, i) => `unknown${i}: 1`).join("\n");
  const lines = complaint(many).split("\n");
  expect(lines[0]).toContain("stanch.yaml:1:1: unknown0");
  expect(lines.at(-1)).toBe("  … and 5 more");
  expect(readConfig(many, { file: "/x" }).problems).toHaveLength(15);
});

test("without a list of rules their names are not checked", () => {
  expect(readConfig("rules: { anything: off }", { file: "/x" }).problems).toEqual([]);
});

test("the documentation's example is taken", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/formats/stanch-yaml.md"), "utf8");
  const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  const { config, problems } = readConfig(example, { file: "/repo/stanch.yaml" });
  expect(problems).toEqual([]);
  expect(config?.targets.size).toBe(2);
  expect(config?.alerts).toHaveLength(5);
  expect(config?.watch).toMatchObject({ redact: true, srv: ["_pprof._tcp.api.internal"] });
});
