/** Profiles of one kind summed: stacks of equal names become one sample, whatever their addresses. */
import { labelsOf, ProfileBuilder, pushFrames, typeIndex, type Frame, type Profile } from "./columns.ts";
import { ProfileError } from "./errors.ts";
import { StackKeys } from "./stacks.ts";

/**
 * `scales[i]` multiplies the values of `profiles[i]` (−1 for a base to subtract). Labels keep samples apart. Sample types are those of
 * the first profile; a profile that lacks one of them is refused. Samples that sum to zero are left out.
 */
export function mergeProfiles(profiles: readonly Profile[], scales: readonly number[] = []): Profile {
  const [first] = profiles;
  if (first === undefined) throw new ProfileError("no profiles to merge");
  const width = first.sampleTypes.length;
  const builder = new ProfileBuilder(first.sampleTypes);
  builder.defaultType = first.defaultType;
  builder.periodType = first.periodType;
  builder.period = first.period;
  builder.timeNanos = first.timeNanos;
  const keys = new StackKeys("line");
  const rows = new Map<string, { values: number[]; profile: Profile; sample: number }>();
  profiles.forEach((p, i) => {
    const columns = first.sampleTypes.map((t) => typeIndex(p, t.type));
    const missing = columns.indexOf(-1);
    if (missing >= 0)
      throw new ProfileError(`cannot merge: one profile has no ${first.sampleTypes[missing].type} values`);
    const stackKeys = keys.keysOf(p);
    const scale = scales[i] ?? 1;
    for (let s = 0; s < p.sampleCount; s++) {
      const labels =
        p.labelOffsets[s] === p.labelOffsets[s + 1]
          ? ""
          : labelsOf(p, s)
              .map((l) => `${l.key}\0${l.text}\0${l.number}`)
              .sort()
              .join("\x01");
      const key = `${stackKeys[s]} ${labels}`;
      let row = rows.get(key);
      if (row === undefined) {
        row = { values: Array.from({ length: width }, () => 0), profile: p, sample: s };
        rows.set(key, row);
      }
      const from = s * p.sampleTypes.length;
      for (let t = 0; t < width; t++) row.values[t] += scale * p.values[from + columns[t]];
    }
    builder.durationNanos += p.durationNanos;
  });
  const locationKeys = new Map<Profile, string[]>();
  for (const { values, profile, sample } of rows.values()) {
    if (values.every((v) => v === 0)) continue;
    let names = locationKeys.get(profile);
    if (names === undefined) {
      names = [];
      locationKeys.set(profile, names);
    }
    const stack: number[] = [];
    for (let i = profile.stackOffsets[sample]; i < profile.stackOffsets[sample + 1]; i++) {
      const l = profile.locations[i];
      const frames: Frame[] = [];
      pushFrames(profile, l, frames);
      const key = (names[l] ??= frames.map((f) => `${f.func}\0${f.file}\0${f.line}`).join("\x01"));
      stack.push(builder.location(key, 0n, -1, frames));
    }
    builder.sample(stack, values, labelsOf(profile, sample));
  }
  return builder.done();
}
