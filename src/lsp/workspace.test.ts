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
