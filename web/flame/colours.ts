/** The colours of a flame graph in the theme that is on: a hue a package, or the change from the base, or what a search finds. */
import type { Boxes } from "./boxes.ts";
import type { Colours } from "./raster.ts";

export interface Theme {
  readonly dark: boolean;
  readonly ink: string;
  readonly dim: string;
  readonly ground: string;
}

export function themeNow(): Theme {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(name).trim();
  return { dark: of("--dark") === "1", ink: of("--ink"), dim: of("--dim"), ground: of("--panel") };
}

/** `hits`: by name row, 1 where the search finds it; null where nothing is searched. */
export function coloursOf(boxes: Boxes, hits: Uint8Array | null, theme: Theme): Colours {
  const { dark } = theme;
  const light = dark ? 30 : 78;
  const found = hsl(280, 70, light);
  const other = hsl(30, 8, dark ? 22 : 90);
  const names = new Uint32Array(boxes.names.length);
  for (let i = 0; i < names.length; i++)
    names[i] = hits === null ? ofPackage(boxes.names[i], light) : hits[i] === 1 ? found : other;
  return {
    ground: fromHex(theme.ground),
    root: hsl(30, 10, light),
    names,
    change: boxes.baseTotal === null || hits !== null ? null : changes(dark),
  };
}

/** One hue a package, so that a tower of one library is one colour. */
function ofPackage(name: string, light: number): number {
  const slash = name.lastIndexOf("/");
  const dot = name.indexOf(".", slash < 0 ? 0 : slash);
  const end = dot < 0 ? name.length : dot;
  let hash = 0;
  for (let i = 0; i < end; i++) hash = (hash * 31 + name.charCodeAt(i)) | 0;
  return hsl(20 + (Math.abs(hash) % 40), 55 + (Math.abs(hash >> 8) % 25), light);
}

/** From all gone (blue) by unchanged (pale) to all new (red). */
function changes(dark: boolean): Uint32Array {
  return Uint32Array.from({ length: 65 }, (_, i) => {
    const part = i / 32 - 1;
    const strength = Math.abs(part);
    return hsl(part >= 0 ? 14 : 215, 20 + 70 * strength, dark ? 24 + 14 * strength : 90 - 22 * strength);
  });
}

/** Degrees and per cent to the bytes of ImageData (red first in memory, on every machine that browsers run on the lowest byte). */
function hsl(h: number, s: number, l: number): number {
  const a = (s / 100) * Math.min(l / 100, 1 - l / 100);
  const part = (n: number): number => {
    const k = (n + h / 30) % 12;
    return Math.round(255 * (l / 100 - a * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return bytes(part(0), part(8), part(4));
}

function fromHex(text: string): number {
  const m = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(text);
  return m === null
    ? bytes(255, 255, 255)
    : bytes(...(m.slice(1, 4).map((x) => Number.parseInt(x, 16)) as [number, number, number]));
}

function bytes(r: number, g: number, b: number): number {
  return (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
}
