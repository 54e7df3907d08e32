import { expect, test } from "vitest";
import { ProbeError } from "../probe/errors.ts";
import type { TracedStack } from "../probe/ebpf.ts";
import type { Point } from "../series/sample.ts";
import { openerName, tracedName } from "../series/openers.ts";
import { Tracer } from "./tracer.ts";
import type { Watched } from "./watcher.ts";

const leak = (kind: string, name: string, location: object | null = null): object => ({
  kind,
  status: "leak",
  signal: { kind, name, location },
});

/** A target whose traced descriptors are all counted in the signals named. */
function target(verdicts: readonly object[], pid: number | null, ...seen: { kind: "fd" | "socket"; name: string }[]) {
  const opened = async (stacks: readonly TracedStack[]): Promise<Point[]> =>
    stacks.length === 0
      ? []
      : seen.map(
          (s) =>
            ({
              signal: { kind: "load", name: openerName({ how: "traced", what: tracedName(s), by: "main.f main.go" }) },
              value: stacks[0].count,
            }) as Point,
        );
  return { target: { name: "t" }, verdicts, opened: [], sampler: { pid, opened } } as unknown as Watched;
}

const stack: TracedStack = { kind: "descriptor", count: 5, fds: [7], heldSeconds: 1, frames: [] };

/** The tracer, how long it traced each time, and what it complained of; `answers` are the probe's, the last for all after it. */
function tracing(...answers: (readonly TracedStack[] | Error)[]) {
  const traces: number[] = [];
  const problems: string[] = [];
  const tracer = new Tracer({
    milliseconds: 1000,
    onProblem: (m) => problems.push(m),
    trace: async (_, milliseconds) => {
      const answer = answers[Math.min(traces.push(milliseconds), answers.length) - 1];
      if (answer instanceof Error) throw answer;
      return [...answer];
    },
  });
  return { tracer, traces, problems };
}
const idle = (): Promise<void> => new Promise((done) => void setTimeout(done, 20));

test("what leaks without a stack is traced once, and goes into the next sample", async () => {
  const { tracer, traces, problems } = tracing([stack]);
  const w = target([leak("fd", "file"), leak("fd", "total")], 9, { kind: "fd", name: "file" });
  tracer.update(w);
  await idle();
  tracer.update(w);
  await idle();
  await tracer.stop();
  expect([traces, problems, w.opened.length]).toEqual([[1000], [], 1]);
});

test("a slow leak is traced longer, and not for ever", async () => {
  const { tracer, traces } = tracing([]);
  tracer.update(target([leak("socket", "10.0.0.7:80 ESTABLISHED")], 9));
  await idle();
  await tracer.stop();
  expect(traces).toEqual([1000, 2000, 4000]);
});

test("where no opener stands out it is traced again", async () => {
  const { tracer, traces } = tracing([{ ...stack, count: 4 }], [stack]);
  const w = target([leak("fd", "file")], 9, { kind: "fd", name: "file" });
  tracer.update(w);
  await idle();
  await tracer.stop();
  expect(traces).toEqual([1000, 2000]);
});

test("what has a line, what is on another host and what is no descriptor is not traced", async () => {
  const { tracer, traces } = tracing([stack]);
  tracer.update(target([leak("fd", "file")], null));
  tracer.update(target([leak("goroutine", "x"), leak("fd", "total"), leak("fd", "file", {})], 9));
  await idle();
  await tracer.stop();
  expect(traces).toEqual([]);
});

test("where it cannot trace it says so once", async () => {
  const { tracer, traces, problems } = tracing(new ProbeError("unsupported", "tracing needs bpftrace"));
  const w = target([leak("fd", "file")], 9);
  tracer.update(w);
  await idle();
  tracer.update(w);
  await idle();
  await tracer.stop();
  expect(traces).toEqual([1000]);
  expect(problems).toEqual(["who opens what leaks in t is not known: tracing needs bpftrace"]);
});
