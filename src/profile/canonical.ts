/**
 * A profile as sorted lines of text, complete and independent of ids and order: two readers agree exactly where these are equal.
 * `bench/oracle/pprof` prints the same lines from Go's own reader; the tests compare digests of both.
 */
import { addressOf, labelsOf, type Profile } from "./columns.ts";

export function canonicalLines(p: Profile): string[] {
  const q = JSON.stringify;
  const head = [
    `types ${p.sampleTypes.map((t) => `${q(t.type)}/${q(t.unit)}`).join(" ")}`,
    `default ${q(p.sampleTypes[p.defaultType]?.type ?? "")}`,
    `period ${q(p.periodType?.type ?? "")}/${q(p.periodType?.unit ?? "")} ${p.period}`,
    `time ${p.timeNanos} ${p.durationNanos}`,
    `comments ${p.comments.map((c) => q(c)).join(" ")}`,
    `doc ${q(p.docUrl)} drop ${q(p.dropFrames)} keep ${q(p.keepFrames)}`,
    ...p.mappings.map(
      (m) =>
        `mapping ${m.start} ${m.limit} ${m.offset} ${q(m.file)} ${q(m.buildId)} ${m.hasFunctions} ${m.hasFilenames} ${m.hasLineNumbers} ${m.hasInlineFrames}`,
    ),
  ];
  const width = p.sampleTypes.length;
  const places: string[] = [];
  for (let l = 0; l < p.locationCount; l++) {
    const mapping = p.locationMappings[l];
    const lines: string[] = [];
    for (let i = p.lineOffsets[l]; i < p.lineOffsets[l + 1]; i++) {
      const f = p.lineFunctions[i];
      const func =
        f < 0
          ? "?"
          : `${q(p.strings[p.functionNames[f]])} ${q(p.strings[p.functionSystemNames[f]])} ${q(p.strings[p.functionFiles[f]])} ${p.functionStartLines[f]}`;
      lines.push(`${func} ${p.lineNumbers[i]} ${p.lineColumns[i]}`);
    }
    places.push(
      `${addressOf(p, l)} ${mapping < 0 ? "?" : q(p.mappings[mapping].file)} ${p.locationFolded[l] === 1} {${lines.join("; ")}}`,
    );
  }
  const samples: string[] = [];
  for (let s = 0; s < p.sampleCount; s++) {
    const values = p.values.subarray(s * width, s * width + width).join(" ");
    const stack: string[] = [];
    for (let i = p.stackOffsets[s]; i < p.stackOffsets[s + 1]; i++) stack.push(places[p.locations[i]]);
    const labels = labelsOf(p, s)
      // Go's reader drops a label that is neither text nor a number.
      .filter((l) => l.text !== "" || l.number !== 0 || l.unit !== "")
      .map((l) => (l.text === "" ? `${q(l.key)}=${l.number}${q(l.unit)}` : `${q(l.key)}=${q(l.text)}`))
      .sort();
    samples.push(`sample ${values} | ${stack.join(" < ")} | ${labels.join(" ")}`);
  }
  return [...head, ...samples.sort()];
}
