import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Report } from "./messages.ts";
import { makeTree, removeTrees } from "./testing.ts";
import { Workspace } from "./workspace.ts";

afterAll(removeTrees);

const leaky = `package app

import "os"

func size(name string) int64 {
	f, err := os.Open(name)
	if err != nil {
		return 0
	}
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}
`;

test("rehearses in idle moments, says nothing of it, and then has nothing to do", () => {
  const root = makeTree({ "go.mod": "module example.com/app\n\ngo 1.24\n", "a.go": leaky });
  const file = join(root, "a.go");
  const reports: Report[] = [];
  const logged: string[] = [];
  const workspace = new Workspace(
    (r) => reports.push(r),
    (text) => logged.push(text),
  );
  const settle = (): number => {
    let turns = 0;
    while (workspace.hasWork && turns < 50) {
      workspace.work();
      turns++;
    }
    return turns;
  };
  workspace.setFolders([root]);
  workspace.setText(file, 1, leaky);
  const turns = settle();
  // The findings, then the same with their fixes tried; the other turns were rehearsals.
  expect(reports.map((r) => r.final)).toEqual([false, true]);
  expect(turns).toBeGreaterThan(2);
  expect(turns).toBeLessThan(50);
  workspace.setText(file, 2, leaky.replace("info, err := f.Stat()", "defer f.Close()\n\tinfo, err := f.Stat()"));
  expect(settle()).toBe(1);
  expect(reports).toHaveLength(3);
  expect(reports[2].files.flatMap((f) => f.findings)).toEqual([]);
  // Closed in the middle of it: nothing to rehearse, and nothing of it in the log.
  const other = new Workspace(
    (r) => reports.push(r),
    (text) => logged.push(text),
  );
  other.setFolders([root]);
  other.setText(file, 1, leaky);
  other.work();
  other.setText(file, 1, null);
  while (other.hasWork) other.work();
  expect(logged).toEqual([]);
});

test("tells of the file that is typed in before the rest of a large package, and of the rest as it is", () => {
  const root = makeTree({ "go.mod": "module example.com/app\n\ngo 1.24\n", "a.go": leaky, "b.go": "" });
  const [a, b] = [join(root, "a.go"), join(root, "b.go")];
  const other = leaky.replace("func size", "func sizeOf");
  const reports: Report[] = [];
  const workspace = new Workspace(
    (r) => reports.push(r),
    (text) => expect.fail(text),
    () => false,
    0, // every package takes long
  );
  const settle = (): Report[] => {
    for (let turns = 0; workspace.hasWork && turns < 50; turns++) workspace.work();
    return reports.splice(0);
  };
  const leaks = (r: Report): string[] => r.files.filter((f) => f.findings.length > 0).map((f) => f.file);
  workspace.setFolders([root]);
  workspace.setText(a, 1, leaky);
  workspace.setText(b, 1, other);
  expect(settle().map((r) => [r.part, leaks(r)])).toEqual([
    [false, [a, b]],
    [false, [a, b]],
  ]);
  workspace.setText(b, 2, other.replace("info, err", "defer f.Close()\n\tinfo, err"));
  const [part, ...whole] = settle();
  // The part is of b alone, and as the whole has it.
  expect([part.part, part.files, part.versions]).toEqual([true, [{ file: b, findings: [] }], { [b]: 2 }]);
  expect(whole.map((r) => [r.part, leaks(r)])).toEqual([
    [false, [a]],
    [false, [a]],
  ]);
});
