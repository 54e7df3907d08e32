import { readFileSync, statSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { UsageError } from "../base/errors.ts";
import { typeIndex, type Profile } from "../profile/columns.ts";
import { isGzip, openProfile, type Opened } from "../profile/open.ts";
import { profileDiffJson, profileDiffText, profileJson, profileText } from "../report/live/profile.ts";
import { terminalWidth } from "./progress.ts";

const FILE_LIMIT = 1 << 30;

export async function run(
  files: string[],
  flags: { type?: string; most: number; stacks?: boolean; format: string },
): Promise<void> {
  if (files.length > 2) throw new UsageError("profile takes one file, or two to compare (older first)");
  const opened = files.map(open);
  const newest = opened[opened.length - 1];
  const type = chooseType(newest.profile, flags.type);
  const o = { width: terminalWidth(), most: flags.most, stacks: flags.stacks === true };
  const json = flags.format === "json";
  if (opened.length === 1)
    process.stdout.write(json ? profileJson(files[0], newest, type, o.most) : profileText(files[0], newest, type, o));
  else
    process.stdout.write(
      json
        ? profileDiffJson(files, opened[0], newest, type, o.most)
        : profileDiffText(files, opened[0], newest, type, o),
    );
}

function open(path: string): Opened {
  let bytes: Uint8Array;
  try {
    if (statSync(path).isDirectory()) throw new UsageError(`${path} is a folder: give a file`);
    if (statSync(path).size > FILE_LIMIT) throw new UsageError(`${path} is larger than ${FILE_LIMIT >> 30} GiB`);
    bytes = readFileSync(path);
  } catch (e) {
    if (e instanceof UsageError) throw e;
    throw new UsageError(`cannot read ${path}: ${(e as Error).message}`);
  }
  try {
    if (isGzip(bytes)) bytes = gunzipSync(bytes, { maxOutputLength: FILE_LIMIT });
  } catch (e) {
    throw new UsageError(
      (e as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE"
        ? `${path} decompresses to more than ${FILE_LIMIT >> 30} GiB: refused`
        : `${path}: the gzip data is damaged or cut short`,
    );
  }
  try {
    return openProfile(bytes);
  } catch (e) {
    if (e instanceof UsageError) throw new UsageError(`${path}: ${e.message}`);
    throw e;
  }
}

function chooseType(p: Profile, name: string | undefined): number {
  if (name === undefined) return p.defaultType;
  const at = typeIndex(p, name);
  if (at < 0) throw new UsageError(`no sample type ${name}; there is ${p.sampleTypes.map((t) => t.type).join(", ")}`);
  return at;
}
