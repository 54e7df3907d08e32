import { expect, test } from "vitest";
import { ProfileBuilder, type Profile } from "../profile/columns.ts";
import { MOST, Signals } from "./signals.ts";

/** One goroutine group per name, parked in chan receive. */
function goroutines(groups: Readonly<Record<string, number>>): Profile {
  const b = new ProfileBuilder([{ type: "goroutine", unit: "count" }]);
  for (const [name, n] of Object.entries(groups))
    b.sample(
      [
        b.frame("runtime.gopark", "runtime/proc.go", 400),
        b.frame("runtime.chanrecv1", "runtime/chan.go", 500),
        b.frame("github.com/dep/queue.(*Q).Pop", "/go/pkg/mod/github.com/dep/queue@v1.0.0/q.go", 9),
        b.frame(name, "/src/app/work.go", 41),
      ],
      [n],
    );
  return b.done();
}

test("a group is named loosely and located at the first frame of the program's own module", () => {
  const s = new Signals();
  s.module = "example.com/app";
  const [total, group] = s.goroutines(goroutines({ "example.com/app/work.run.func1": 7 }));
  expect([total.signal.name, total.value]).toEqual(["total", 7]);
  expect(group.signal).toMatchObject({
    kind: "goroutine",
    name: "chan receive|github.com/dep/queue.(*Q).Pop|example.com/app/work.run.func",
    label: "chan receive at work.run.func1  app/work.go:41",
    location: { function: "example.com/app/work.run.func1", file: "/src/app/work.go", line: 41 },
  });
  // Without knowledge of the module, the build path tells it from the module cache.
  expect(new Signals().goroutines(goroutines({ "x.y/z.run": 1 }))[1].signal.location?.function).toBe("x.y/z.run");
});

test("the same signal object comes back at every look", () => {
  const s = new Signals();
  const first = s.goroutines(goroutines({ "main.a": 1 }));
  const second = s.goroutines(goroutines({ "main.a": 2 }));
  expect(second[1].signal).toBe(first[1].signal);
});

test("no more groups than a bound are followed; a new one that grows large replaces a small one", () => {
  const s = new Signals();
  const many: Record<string, number> = {};
  for (let i = 0; i < 300; i++) many[`main.w${String(i).padStart(3, "0")}x`] = 10 + (i % 7);
  const first = s.goroutines(goroutines(many));
  expect(first.length).toBe(MOST.goroutine);
  const again = s.goroutines(goroutines(many));
  expect(again.map((p) => p.signal.name).sort()).toEqual(first.map((p) => p.signal.name).sort());
  const grown = s.goroutines(goroutines({ ...many, "main.leak": 400 }));
  expect(grown.length).toBe(MOST.goroutine);
  expect(grown.some((p) => p.signal.name.includes("main.leak") && p.value === 400)).toBe(true);
});
