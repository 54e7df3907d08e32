import { describe, expect, it } from "vitest";
import { ProfileBuilder, type Profile } from "../../src/profile/columns.ts";
import { mergeProfiles } from "../../src/profile/merge.ts";
import { buffersOf, layOut } from "../profiles/lay.ts";
import { boxAt, boxOf, depthOf, firstBeyond, nameOf, nextBeyond, wordOf, type Boxes } from "./boxes.ts";
import { Raster } from "./raster.ts";

function random(seed: number): (n: number) => number {
  return (n) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return (seed >>> 4) % n;
  };
}

function profile(samples: number, functions: number, deep: number, seed = 1): Profile {
  const b = new ProfileBuilder([{ type: "inuse_space", unit: "bytes" }]);
  const r = random(seed);
  for (let s = 0; s < samples; s++)
    b.sample(
      Array.from({ length: 1 + r(deep) }, () => b.frame(`p/q.f${r(functions)}`, "f.go", 1)),
      [1 + r(9)],
    );
  return b.done();
}

const lay = (p: Profile, base: Profile | null = null) =>
  layOut({ profile: p, column: 0 }, base === null ? null : { profile: base, column: 0 }, () => {});

const { boxes, top } = lay(profile(3000, 40, 9));

describe("boxes", () => {
  it("are found by the place that they cover, and nothing where none is", () => {
    const r = random(3);
    const total = boxes.width[0];
    for (let i = 0; i < 500; i++) {
      const depth = r(boxes.rows.length);
      const x = (r(1_000_000) / 1_000_000) * total;
      let expected = -1;
      for (let b = boxes.rows[depth]; b < (boxes.rows[depth + 1] ?? 0); b++)
        if (boxes.start[b] <= x && x < boxes.start[b] + boxes.width[b]) expected = b;
      expect(boxAt(boxes, x, depth)).toBe(expected);
      if (expected >= 0) expect(depthOf(boxes, expected)).toBe(depth);
    }
    expect([boxAt(boxes, -1, 0), boxAt(boxes, total, 0), boxAt(boxes, 1, -1), boxAt(boxes, 1, 99)]).toEqual([
      -1, -1, -1, -1,
    ]);
  });

  it("are stepped to as they are looked for from the start of the row", () => {
    const r = random(5);
    for (let i = 0; i < 500; i++) {
      const depth = 1 + r(boxes.rows.length - 2);
      const [first, end] = [boxes.rows[depth], boxes.rows[depth + 1]];
      const from = first + r(end - first);
      const x = boxes.start[from] + 1e-9 + r(boxes.width[0]);
      expect(nextBeyond(boxes, from, end, x)).toBe(firstBeyond(boxes, first, end, x));
    }
  });

  it("have a word each, which means the same box in a later profile of the program", () => {
    const words = new Set<string>();
    for (let b = 0; b < boxes.count; b++) words.add(wordOf(boxes, b));
    expect(words.size).toBeGreaterThan(boxes.count * 0.999);
    const later = lay(profile(4000, 40, 9)).boxes;
    const stack = (of: Boxes, b: number): string => (b <= 0 ? "" : `${stack(of, of.parents[b])}/${nameOf(of, b)}`);
    for (const b of [1, 7, boxes.count >> 1]) {
      expect(boxOf(boxes, wordOf(boxes, b))).toBe(b);
      const there = boxOf(later, wordOf(boxes, b));
      if (there >= 0) expect(stack(later, there)).toBe(stack(boxes, b));
    }
    for (const none of ["", "zzzzzzz", "<b>", "no such word"]) expect(boxOf(boxes, none)).toBe(-1);
  });

  it("leave out nodes that cancel each other, and still hang together", () => {
    const p = profile(500, 12, 6);
    const difference = mergeProfiles([p, profile(500, 12, 6, 2)], [1, -1]);
    const laid = lay(difference).boxes;
    for (let b = 1; b < laid.count; b++) {
      const parent = laid.parents[b];
      expect(laid.width[b]).toBeGreaterThan(0);
      expect(depthOf(laid, b)).toBe(depthOf(laid, parent) + 1);
      expect(laid.start[b]).toBeGreaterThanOrEqual(laid.start[parent]);
      expect(laid.start[b] + laid.width[b]).toBeLessThanOrEqual(laid.start[parent] + laid.width[parent] + 1e-6);
    }
  });

  it("come with the functions that hold most, or against a base with what changed", () => {
    expect(top[0].flat).toBeGreaterThanOrEqual(top[1].flat);
    const p = profile(300, 10, 4);
    expect(lay(p, p).top).toEqual([]);
    expect(lay(p, p).boxes.baseTotal).toEqual(lay(p).boxes.total);
    // Handed over once each, however many columns share it.
    expect(buffersOf(lay(p)).length).toBe(new Set(buffersOf(lay(p))).size);
  });
});

describe("pixels", () => {
  const W = 301;
  const H = 60;
  const ROW = 10;
  const colours = {
    ground: 1,
    root: 2,
    names: Uint32Array.from(boxes.names, (_, i) => 100 + i),
    change: null,
  };
  const paint = (view: { from: number; to: number; top: number }) => {
    const pixels = new Uint32Array(W * H);
    const raster = new Raster(pixels, W, H, ROW, 1);
    raster.paint(boxes, view, colours, 28);
    return { pixels, raster };
  };
  const total = boxes.width[0];

  it.each([
    [0, total, 0],
    [total * 0.3, total * 0.31, 0],
    [total * 0.5, total * 0.500_01, 15],
  ])("from %d to %d, %d down: each box that a pixel shows, and ground where there is none", (from, to, top) => {
    const { pixels, raster } = paint({ from, to, top });
    const perPixel = (to - from) / W;
    for (let y = 0; y < H; y++) {
      const depth = Math.floor((y + top) / ROW);
      const last = depth + 1 >= boxes.rows.length || (y + top) % ROW === ROW - 1;
      for (let x = 0; x < W; x++) {
        const colour = pixels[y * W + x];
        if (last) {
          expect(colour).toBe(1);
          continue;
        }
        // What the colour may be: of a box that touches the pixel or its neighbours, where edges are rounded.
        const near = new Set<number>();
        const end = boxes.rows[depth + 1];
        const until = from + (x + 1.5) * perPixel;
        for (
          let b = firstBeyond(boxes, boxes.rows[depth], end, from + (x - 0.5) * perPixel);
          b < end && boxes.start[b] < until;
          b++
        )
          near.add(b === 0 ? 2 : 100 + boxes.frames[b]);
        const whole = boxAt(boxes, from + (x + 0.5) * perPixel, depth);
        if (near.size === 0) expect(colour).toBe(1);
        else if (whole >= 0 && boxes.width[whole] >= perPixel) {
          // A wide box fills its pixels but for the line that parts it from the next.
          const parted = boxes.start[whole] + boxes.width[whole] < from + (x + 2) * perPixel;
          if (!parted) expect(near.has(colour)).toBe(true);
        }
      }
    }
    for (let i = 0; i < raster.labels.count; i++) {
      expect(raster.labels.right[i] - raster.labels.left[i]).toBeGreaterThanOrEqual(28);
      expect(raster.labels.left[i]).toBeGreaterThanOrEqual(0);
      expect(raster.labels.right[i]).toBeLessThanOrEqual(W);
    }
  });

  it("show a box that is alone however narrow it is", () => {
    const b = new ProfileBuilder([{ type: "a", unit: "count" }]);
    b.sample([b.frame("wide", "", 1)], [1_000_000]);
    b.sample([b.frame("thin", "", 1), b.frame("wide", "", 1)], [1]);
    const lone = lay(b.done()).boxes;
    const pixels = new Uint32Array(W * H);
    const own = { ...colours, names: Uint32Array.of(100, 101) };
    new Raster(pixels, W, H, ROW, 1).paint(lone, { from: 0, to: lone.width[0], top: 0 }, own, 28);
    const row = pixels.subarray(2 * ROW * W, 2 * ROW * W + W);
    expect([...row].filter((c) => c !== 1)).toEqual([100 + lone.names.indexOf("thin")]);
  });
});
