import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { check, type CheckOptions } from "../check/run.ts";
import { makeTree, removeTrees } from "../go/load/testing.ts";
import { UsageError } from "../base/errors.ts";
import { watchAndRun } from "./check-watch.ts";

afterAll(removeTrees);

const distribution = makeTree({
  VERSION: "go1.26.0\n",
  "src/runtime/r.go": "package runtime\n",
  "src/fmt/f.go": "package fmt\n",
  "src/os/os.go":
    "package os\n\ntype File struct{}\n\nfunc (f *File) Close() error { return nil }\n\nfunc Open(name string) (*File, error) { return nil, nil }\n",
});
const options: CheckOptions = {
  patterns: ["./..."],
  rules: ["resource-unclosed"],
  jobs: 0,
  load: { goos: "linux", goarch: "amd64", goroot: distribution },
};
const leaky = (pkg: string): string =>
  `package ${pkg}\n\nimport "os"\n\nfunc A() {\n\tf, _ := os.Open("x")\n\t_ = f\n}\n`;

test("a change of a file, a new folder, one that goes, a check that is refused in between", async () => {
  const dir = makeTree({ "go.mod": "module example.com/m\n\ngo 1.22\n", "a/a.go": "package a\n" });
  const made = makeTree({ "b.go": leaky("b") });
  const stop = new AbortController();
  const counts: number[] = [];
  const told: string[] = [];
  const steps: (() => void)[] = [
    () => writeFileSync(join(dir, "a/a.go"), leaky("a")),
    () => cpSync(made, join(dir, "b"), { recursive: true }),
    () => rmSync(join(dir, "b"), { recursive: true }),
    () => writeFileSync(join(dir, "a/a.go"), "package a // refused\n"),
    () => writeFileSync(join(dir, "a/a.go"), "package a\n"),
    () => stop.abort(),
  ];
  let refuse = false;
  const next = (): void => void setTimeout(() => steps.shift()?.(), 30);
  await watchAndRun(
    dir,
    async () => {
      next();
      if (steps.length === 2) refuse = true;
      if (refuse && steps.length === 2) throw new UsageError("not now");
      const outcome = await check(dir, options);
      counts.push(outcome.findings.length);
      return { outcome };
    },
    stop.signal,
    (text) => told.push(text),
  );
  expect(counts[0]).toBe(0);
  expect(counts).toContain(2);
  expect(counts.at(-1)).toBe(0);
  expect(told.join("")).toContain("watching 2 folders for changes; Ctrl-C ends");
  expect(told.join("")).toContain("stanch: not now");
});
