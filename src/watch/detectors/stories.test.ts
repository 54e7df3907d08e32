import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseStory, run, tell } from "./testing.ts";

const folder = new URL("./testdata/stories/", import.meta.url);

for (const file of readdirSync(folder)) {
  describe(file, () => {
    for (const part of readFileSync(new URL(file, folder), "utf8").split(/^== /m)) {
      const [title, ...lines] = part.split("\n");
      if (title.trim() === "") continue;
      test(title, () => {
        const story = parseStory(lines.join("\n"));
        expect(story.expects.length).toBeGreaterThan(0);
        expect(run(story).failures).toEqual([]);
      });
    }
  });
}

test("the same samples give the same verdicts, to the byte", () => {
  const story = parseStory(`
    every 15s for 2h
    restart at 30m
    load requests = 100 + sine 30 40m + noise 5
    goroutine worker = 20 + per 0.003 of requests + noise 2
    heap total = 50MiB + noise 1MiB
    expect leak worker`);
  const once = JSON.stringify(run(story).judge.verdicts());
  expect(JSON.stringify(run(story).judge.verdicts())).toBe(once);
  expect([...tell(story)].length).toBe(481);
});
