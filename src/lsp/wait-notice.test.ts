import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PATIENCE_MS, WaitNotice } from "./wait-notice.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setup(refuses = false): { notice: WaitNotice; said: string[] } {
  const said: string[] = [];
  const notice = new WaitNotice((text) => {
    said.push(`begin ${text}`);
    return refuses ? Promise.reject(new Error("no")) : Promise.resolve({ done: () => void said.push("done") });
  });
  return { notice, said };
}

test("what is quick shows nothing", async () => {
  const { notice, said } = setup();
  notice.begin("a.go");
  await vi.advanceTimersByTimeAsync(PATIENCE_MS - 1);
  notice.end();
  await vi.advanceTimersByTimeAsync(PATIENCE_MS);
  expect(said).toEqual([]);
});

test("what takes its time is shown once, and taken away", async () => {
  const { notice, said } = setup();
  notice.begin("a.go");
  notice.begin("b.go");
  await vi.advanceTimersByTimeAsync(PATIENCE_MS);
  notice.begin("c.go");
  notice.end();
  notice.end();
  await vi.advanceTimersByTimeAsync(PATIENCE_MS);
  expect(said).toEqual(["begin a.go", "done"]);
});

test("an editor that refuses is asked again next time, and nothing breaks", async () => {
  const { notice, said } = setup(true);
  for (const file of ["a.go", "b.go"]) {
    notice.begin(file);
    await vi.advanceTimersByTimeAsync(PATIENCE_MS);
    notice.end();
  }
  expect(said).toEqual(["begin a.go", "begin b.go"]);
});
