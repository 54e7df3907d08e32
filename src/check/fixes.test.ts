import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeTree, removeTrees } from "../go/load/testing.ts";
import { rules } from "../rules/registry.ts";
import { applyEdits } from "./edits.ts";
import { tryFixes } from "./fixes.ts";
import { check, type CheckOptions } from "./run.ts";

afterAll(removeTrees);

const rows =
  "package sql\n\ntype DB struct{}\n\ntype Rows struct{}\n\nfunc (d *DB) Query(q string) (*Rows, error) { return nil, nil }\n\nfunc (r *Rows) Close() error { return nil }\n\nfunc (r *Rows) Next() bool { return false }\n\nfunc (r *Rows) Err() error { return nil }\n\nfunc (r *Rows) Scan(to any) error { return nil }\n";
const distribution = makeTree({
  VERSION: "go1.26.0\n",
  "src/runtime/r.go": "package runtime\n",
  "src/fmt/f.go": "package fmt\n",
  "src/database/sql/sql.go": rows,
  "src/os/os.go":
    'package os\n\ntype File struct{}\n\nfunc (f *File) Close() error { return nil }\n\nfunc (f *File) Name() string { return "" }\n\nfunc Open(name string) (*File, error) { return nil, nil }\n',
});
const options: CheckOptions = {
  patterns: ["./..."],
  rules: rules.map((r) => r.id),
  jobs: 0,
  load: { goos: "linux", goarch: "amd64", goroot: distribution },
};
const leaky = (fn: string): string =>
  `func ${fn}(name string) (int, error) {\n\tf, err := os.Open(name)\n\tif err != nil {\n\t\treturn 0, err\n\t}\n\treturn len(f.Name()), nil\n}\n`;

test("fixes are tried, kept where they mend, and several in one file compose", async () => {
  const root = makeTree({
    "go.mod": "module example.com/m\n\ngo 1.22\n",
    "a.go": `package m\n\nimport "os"\n\n${leaky("A")}\n${leaky("B")}`,
    "vendor/x/x.go": "package x\n",
  });
  const before = await check(root, options);
  expect(before.findings.filter((f) => f.fix !== null).map((f) => f.function)).toEqual([
    "example.com/m.A",
    "example.com/m.B",
  ]);
  const { files, fixed, refused } = tryFixes(root, options, before.findings);
  expect([fixed.length, refused.length]).toEqual([2, 0]);
  expect(files.map((f) => f.file)).toEqual([join(root, "a.go")]);
  const text = Buffer.from(files[0].after).toString();
  expect(text.match(/\n\tdefer f\.Close\(\)\n/g)).toHaveLength(2);
});

test("several returns forget rows that another closes: one defer is for all of them", async () => {
  const root = makeTree({
    "go.mod": "module example.com/m\n\ngo 1.22\n",
    "a.go":
      'package m\n\nimport "database/sql"\n\nfunc sum(db *sql.DB) (int, error) {\n\trows, err := db.Query("q")\n\tif err != nil {\n\t\treturn 0, err\n\t}\n\tsum := 0\n\tfor rows.Next() {\n\t\tvar n int\n\t\tif err := rows.Scan(&n); err != nil {\n\t\t\treturn 0, err\n\t\t}\n\t\tif n < 0 {\n\t\t\treturn 0, nil\n\t\t}\n\t\tsum += n\n\t}\n\trows.Close()\n\treturn sum, rows.Err()\n}\n',
  });
  const before = await check(root, options);
  expect(before.findings.map((f) => f.rule)).toEqual(["sql-rows-unclosed"]);
  const { files, fixed } = tryFixes(root, options, before.findings);
  expect(fixed).toHaveLength(1);
  expect(Buffer.from(files[0].after).toString()).toContain("\t\treturn 0, err\n\t}\n\tdefer rows.Close()\n");
});

test("nothing to mend, nothing changed", () => {
  const root = makeTree({ "go.mod": "module example.com/m\n\ngo 1.22\n", "a.go": "package m\n" });
  expect(tryFixes(root, options, [])).toEqual({ files: [], fixed: [], refused: [] });
});

test("edits", () => {
  const apply = (...edits: [number, number, string][]): string =>
    Buffer.from(
      applyEdits(
        Buffer.from("abcdef"),
        edits.map(([start, end, text]) => ({ file: "x", start, end, text })),
      ),
    ).toString();
  expect(apply([4, 5, "E"], [0, 0, "<"], [1, 3, ""])).toBe("<adEf");
  expect(() => apply([0, 2, ""], [1, 3, ""])).toThrow(RangeError);
  expect(() => apply([3, 9, ""])).toThrow(RangeError);
});
