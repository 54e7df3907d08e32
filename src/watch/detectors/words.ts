/** A course in words and numbers: what a person reads of a verdict. */
import { span } from "../../base/durations.ts";
import { amount, oneIn, rate } from "../../base/numbers.ts";
import type { Blocks } from "../../series/blocks.ts";
import type { Growth, Verdict } from "../verdict.ts";
import type { Collected } from "./collected.ts";
import type { Course, Doubt } from "./course.ts";
import type { FoundOpener } from "./opener.ts";

/** The same signal before the process last started. */
export interface Past {
  readonly perSecond: number;
  readonly value: number;
  readonly endedMs: number;
}

export interface Context {
  readonly blocks: Blocks;
  readonly proven: number;
  readonly collected: Collected | null;
  readonly stuck: boolean;
  readonly past: Past | null;
  readonly restarts: number;
  readonly fastestPart: Course | null;
  readonly opener: FoundOpener | null;
  readonly holder: string | null;
  /** The total that this is a part of, and its limit; null where it is none or nothing limits it. */
  readonly whole: { readonly value: number; readonly limit: number } | null;
}

export function toVerdict(course: Course, context: Context): Verdict {
  const { column } = course;
  const { signal } = column;
  const growth = growthOf(course);
  const place = signal.location === null ? (context.fastestPart?.column.signal ?? context.opener ?? signal) : signal;
  // A part runs into the limit of the whole.
  const room =
    signal.limit !== null
      ? signal.limit - column.last
      : context.whole === null
        ? null
        : context.whole.limit - context.whole.value;
  const grows = course.status === "leak" && course.shape === "leak" && growth !== null && growth.perSecond > 0;
  return {
    signal,
    kind: signal.kind === "load" ? "goroutine" : signal.kind,
    status: course.status,
    shape: course.shape,
    growth,
    value: column.last,
    from: Number.isNaN(course.from) ? column.last : course.from,
    sinceMs: Number.isNaN(course.sinceMs) ? context.blocks.startMs : course.sinceMs,
    decidedMs: course.decidedMs,
    errorRate: course.status === "leak" && context.proven === 0 && course.errorRate < 1 ? course.errorRate : null,
    proven: context.proven,
    exhaustionSeconds: grows && room !== null ? Math.max(0, room / growth.perSecond) : null,
    detectable: course.detectable,
    evidence: evidenceOf(course, context, growth),
    changeOfMind: changeOfMind(course, context),
    location: place.location,
    stack: place.stack,
  };
}

function growthOf(course: Course): Growth | null {
  if (course.slope === null) return null;
  const { slope, low, high } = course.slope;
  return { perSecond: slope, low, high, unit: course.column.signal.unit };
}

function evidenceOf(course: Course, context: Context, growth: Growth | null): string[] {
  const { column, status, shape } = course;
  const { unit } = column.signal;
  const out: string[] = [];
  const since = (context.blocks.lastMs - course.sinceMs) / 1000;
  if (context.proven > 0)
    out.push(
      `The runtime proved ${context.proven} of them leaked: nothing that runs can ever wake them (goroutineleak).`,
    );
  if (context.collected !== null)
    out.push(
      `It falls only when the garbage collector runs (${context.collected.count} times, up to ${amount(context.collected.largest, unit)} at once) and rises between: nobody closes them but finalizers.`,
    );
  if (status === "leak" && growth !== null) {
    out.push(
      `From ${amount(course.from, unit)} to ${amount(column.last, unit)} in ${span(since)}: ${rate(growth.perSecond, unit)} (95 %: ${rate(growth.low, unit)} to ${rate(growth.high, unit)}).`,
    );
    if (course.errorRate < 1)
      out.push(
        `The chance that something that does not leak looks like this, over all looks so far, is below 1 in ${oneIn(course.errorRate)}.`,
      );
    if (course.window !== null)
      out.push(
        `The floor rises over the whole window of ${span(course.window.seconds)} (Mann–Kendall z ${course.window.z.toFixed(1)}${course.window.inflation > 1.05 ? `, variance widened ${course.window.inflation.toFixed(1)} times for autocorrelation` : ""}) and does not slow down.`,
      );
    out.push(loadSentence(course));
  }
  if (context.opener !== null) out.push(context.opener.because);
  if (context.holder !== null) out.push(context.holder);
  if (shape === "plateaued-leak" && context.collected === null) {
    const { limit } = column.signal;
    out.push(
      context.stuck && limit !== null
        ? `All ${amount(limit, unit)} are taken and not one came back: callers wait until they give up.`
        : "It no longer grows, but what was held is still held.",
    );
  }
  if (status !== "leak") out.push(...calmSentences(course, context, growth, since));
  if (context.past !== null)
    out.push(
      `Before the last restart it leaked too: ${rate(context.past.perSecond, unit)}, ${amount(context.past.value, unit)} at the end.`,
    );
  else if (context.restarts > 0 && status === "leak")
    out.push("It did not leak before the last restart, as far as was seen.");
  return out.filter((s) => s !== "");
}

function loadSentence(course: Course): string {
  const e = course.explained;
  if (e === null) return "No load signal was there to compare with.";
  const name = e.by.signal.label;
  if (!Number.isFinite(e.factor)) return `Load (${name}) began in this time.`;
  const moved = Math.abs(e.factor - 1) < 0.02 ? "stayed the same" : `went to ${(e.factor * 100).toFixed(0)} %`;
  return `Load (${name}) ${moved}: it explains at most ${(course.explainedShare * 100).toFixed(0)} % of the growth.`;
}

function calmSentences(course: Course, context: Context, growth: Growth | null, since: number): string[] {
  const { column, shape, doubt } = course;
  const { unit } = column.signal;
  const out: string[] = [];
  if (shape === "undecided") {
    if (doubt === "few") out.push(`${context.blocks.samples} samples in ${span(since)} are too few to say anything.`);
    else if (growth !== null && growth.perSecond > 0)
      out.push(
        `${amount(column.last, unit)} now, ${rate(growth.perSecond, unit)} (95 %: ${rate(growth.low, unit)} to ${rate(growth.high, unit)}) over ${span(since)}; not sure yet.`,
      );
    if (doubt === "load" && course.explained !== null)
      out.push(`${loadSentence(course)} So far it may be no more than the load.`);
    if (doubt === "slowing") out.push("The growth slows down, as a warm-up does.");
    if (doubt === "stopped") out.push("The growth has stopped for now.");
    if (doubt === "shared-with-connections")
      out.push("Each comes with an inbound connection that its client keeps open.");
    if (doubt === "no-load-signal") out.push("No load signal was there to compare with.");
    if (context.stuck) out.push("The pool is at its maximum: too small, or losing connections.");
    return out;
  }
  if (shape === "step" && course.step !== null)
    out.push(
      `One step from ${amount(course.step.before, unit)} to ${amount(course.step.after, unit)}, flat before and after.`,
    );
  else if (shape === "warm-up")
    out.push(`It grew after the start and has levelled off at ${amount(column.last, unit)}.`);
  else if (shape === "load" && course.follows !== null)
    out.push(
      `It follows the load (${course.follows.name}, rank correlation ${course.follows.correlation.toFixed(2)}), up and down.`,
    );
  else out.push(`${amount(column.last, unit)}, without growth in ${span(since)}.`);
  if (course.detectable !== null && course.detectable > 0)
    out.push(`A leak faster than ${rate(course.detectable, unit)} would have been found.`);
  return out;
}

const minds: Readonly<Record<Doubt, string>> = {
  few: "More samples.",
  unsure: "More samples: the growth is not yet clear of the noise.",
  load: "Load that falls or stays, while this does not.",
  slowing: "Growth that goes on at its pace.",
  stopped: "Growth that starts again.",
  small: "Growth that is worth a word.",
  "no-load-signal":
    "A load signal (requests, CPU), or growth in a straight line for longer: without one, a rising hour and a leak look the same.",
  "shared-with-connections": "Growth that goes on while inbound connections do not.",
};

function changeOfMind(course: Course, context: Context): string {
  if (course.status === "undecided") return minds[course.doubt ?? "unsure"];
  if (course.status === "healthy")
    return course.shape === "load"
      ? "Growth while the load falls or stays."
      : "Growth that no load explains, kept up over several looks.";
  if (context.proven > 0) return "Nothing: it is proven.";
  if (context.collected !== null) return "Falls between collections: somebody closing them.";
  return `A fall below ${amount(course.from + 0.5 * (course.column.last - course.from), course.column.signal.unit)}: half of what piled up given back.`;
}
