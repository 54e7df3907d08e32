/** Numbers for people, the same on the terminal, in reports and on the page. */

const grouped = new Intl.NumberFormat("en-US");

/** `1,234`: a whole number. */
export function count(n: number): string {
  return grouped.format(Math.round(n));
}

/** `12 B`, `3.5 MiB`, `120 GiB`: three digits or so, in powers of 1024. */
export function bytes(n: number): string {
  const whole = Math.round(n);
  if (Math.abs(whole) < 1024) return `${whole} B`;
  const units = ["KiB", "MiB", "GiB", "TiB", "PiB"];
  let v = whole / 1024;
  let u = 0;
  while (Math.abs(v) >= 1024 && u < units.length - 1) {
    v /= 1024;
    u++;
  }
  return `${v.toFixed(Math.abs(v) < 100 ? 1 : 0)} ${units[u]}`;
}

/** What was measured or estimated: `1,234`, `3.5`, `3.5 MiB`; `–` where there is no number. */
export function amount(value: number | null, unit: "count" | "bytes"): string {
  if (value === null || !Number.isFinite(value)) return "–";
  if (unit === "bytes") return bytes(value);
  return Math.abs(value) >= 100 ? count(value) : value.toFixed(1).replace(/\.0$/, "");
}

/** In the shortest unit of time that gives at least 1, or 1 KiB: `+18.6/s`, `+2.1/min`, `−14/h`, `+0.3/day`; `±0` below what a day shows. */
export function rate(perSecond: number, unit: "count" | "bytes"): string {
  if (!Number.isFinite(perSecond)) return "–";
  const least = unit === "bytes" ? 1024 : 1;
  const v = Math.abs(perSecond);
  const [seconds, name] = rateTimes.find(([s]) => v * s >= least) ?? rateTimes[rateTimes.length - 1];
  if (v * seconds < (unit === "bytes" ? 0.5 : 0.05)) return "±0";
  return `${signed(perSecond * seconds, (n) => amount(n, unit))}/${name}`;
}

const rateTimes = [
  [1, "s"],
  [60, "min"],
  [3600, "h"],
  [86_400, "day"],
] as const;

/** A change, shown by `show` without its sign: `+12`, `−12`, `±0`. */
export function signed(n: number, show: (n: number) => string): string {
  return n === 0 ? "±0" : `${n > 0 ? "+" : "−"}${show(Math.abs(n))}`;
}

/** `12.3 %` of a whole that is not 0. */
export function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}

/** A chance as one in so many: `40,000`; beyond what anybody can picture a power of ten, and `10^12` for all that is less than that. */
export function oneIn(chance: number): string {
  if (chance < 1e-12) return "10^12";
  return chance > 1e-7 ? count(1 / chance) : `10^${Math.floor(-Math.log10(chance))}`;
}

/** `1 look`, `3 looks`. */
export function counted(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
