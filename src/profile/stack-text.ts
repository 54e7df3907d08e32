/**
 * Profiles as columns of text, for tests and docs: one column per stack, root on top, the count in the first row. Frames may carry
 * `file:line` after an `@`.
 *
 *     12               3
 *     main.main        main.main
 *     main.serve@a.go:7  main.poll
 *
 * Columns are separated by two or more spaces.
 */
import { ProfileBuilder, type Profile } from "./columns.ts";

export function profileFromText(text: string, type = "goroutine", unit = "count"): Profile {
  const rows = text
    .split("\n")
    .map((l) => l.trimEnd())
    .filter((l) => l.trim() !== "");
  const builder = new ProfileBuilder([{ type, unit }]);
  // Columns are found by their place in the first row, so that a shorter stack may leave its cells empty.
  const starts: number[] = [];
  for (const m of (rows[0] ?? "").matchAll(/\S+/g)) starts.push(m.index);
  const stacks: string[][] = starts.map(() => []);
  for (const row of rows.slice(1)) {
    for (const m of row.matchAll(/\S+(?: \S+)*/g)) {
      let column = 0;
      for (let c = 0; c < starts.length; c++)
        if (Math.abs(starts[c] - m.index) < Math.abs(starts[column] - m.index)) column = c;
      stacks[column].push(m[0]);
    }
  }
  starts.forEach((at, c) => {
    const count = Number(/\S+/.exec(rows[0].slice(at))?.[0]);
    const stack = stacks[c].reverse().map((cell) => {
      const m = /^(.*?)@(.*):(\d+)$/.exec(cell);
      return m === null ? builder.frame(cell, "", 0) : builder.frame(m[1], m[2], Number(m[3]));
    });
    builder.sample(stack, [count]);
  });
  return builder.done();
}
