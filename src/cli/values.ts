/** What the values of options mean. Each throws InvalidArgumentError with what it takes. */
import { type Command, InvalidArgumentError } from "commander";

/** `250ms`, `30s`, `5m`, `2h` to milliseconds. */
export function duration(text: string): number {
  const m = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (m === null) throw new InvalidArgumentError("a duration like 500ms, 30s, 5m or 1h");
  const ms = Number(m[1]) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[m[2] as "ms" | "s" | "m" | "h"];
  if (ms > 86_400_000 * 7) throw new InvalidArgumentError("at most a week");
  return ms;
}

export function whole(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0) throw new InvalidArgumentError("a whole number");
  return n;
}

export function interval(text: string): number {
  const ms = duration(text);
  if (ms < 100) throw new InvalidArgumentError("at least 100ms");
  return ms;
}

export function oneOf(...words: string[]): (text: string) => string {
  return (text) => {
    if (!words.includes(text)) throw new InvalidArgumentError(words.join(", "));
    return text;
  };
}

export function format(text: string): string {
  if (text !== "text" && text !== "json") throw new InvalidArgumentError("text or json");
  return text;
}

export function collect(text: string, before: string[] = []): string[] {
  if (!/^[!#$%&'*+.^_`|~\w-]+:\s*\S/.test(text))
    throw new InvalidArgumentError("a header like 'Authorization: Bearer …'");
  return [...before, text];
}

/** `12h`, `30d` to milliseconds. */
export function days(text: string): number {
  const m = /^(\d+(?:\.\d+)?)(h|d)$/.exec(text);
  if (m === null || Number(m[1]) <= 0) throw new InvalidArgumentError("like 12h or 30d");
  return Number(m[1]) * (m[2] === "h" ? 3_600_000 : 86_400_000);
}

/** `500`, `64KiB`, `256MiB`, `1GiB` to bytes. */
export function size(text: string): number {
  const m = /^(\d+(?:\.\d+)?)\s*(?:([KMG])(?:i?B)?|B)?$/i.exec(text);
  if (m === null) throw new InvalidArgumentError("a size like 512KiB or 256MiB");
  const unit = (m[2] ?? "").toUpperCase();
  return Number(m[1]) * (unit === "K" ? 1 << 10 : unit === "M" ? 1 << 20 : unit === "G" ? 1 << 30 : 1);
}

export function positive(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError("a whole number from 1");
  return n;
}

export function chance(text: string): number {
  const p = Number(text);
  if (!(p > 0 && p <= 0.2)) throw new InvalidArgumentError("a chance above 0 and up to 0.2, like 1e-4");
  return p;
}

/** Help says what one would type: 5m, not 300000. */
export function sayDefaults(program: Command): void {
  for (const command of program.commands)
    for (const option of command.options) {
      const { defaultValue: value, parseArg } = option;
      if (typeof value !== "number") continue;
      if (parseArg === duration || parseArg === interval || parseArg === days)
        option.defaultValueDescription = inUnits(value, [
          ...(parseArg === days ? ([[86_400_000, "d"]] as const) : []),
          [3_600_000, "h"],
          [60_000, "m"],
          [1000, "s"],
          [1, "ms"],
        ]);
      else if (parseArg === size)
        option.defaultValueDescription = inUnits(value, [
          [1 << 30, "GiB"],
          [1 << 20, "MiB"],
          [1 << 10, "KiB"],
          [1, ""],
        ]);
    }
}

/** In the largest unit that it is a whole number of. */
function inUnits(value: number, units: readonly (readonly [number, string])[]): string {
  const [factor, unit] = units.find(([f]) => value % f === 0 && value >= f) ?? [1, ""];
  return `${value / factor}${unit}`;
}
