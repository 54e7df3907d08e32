/** What the page and its worker say to each other. Profiles stay in the worker and are named by a number; what is laid out is handed over. */
import type { ValueType } from "../../src/profile/columns.ts";
import type { Site } from "../../src/profile/sites.ts";
import type { TopRow } from "../../src/profile/top.ts";
import type { Boxes } from "../flame/boxes.ts";

export interface ProfileInfo {
  readonly ref: number;
  readonly name: string;
  readonly sampleTypes: readonly ValueType[];
  readonly defaultType: number;
  readonly sampleCount: number;
}

export interface Picture {
  readonly boxes: Boxes;
  /** Lines of the program that hold most, with a base that grew most. The first hundred. */
  readonly sites: readonly Site[];
  /** Functions, what they hold themselves first; with a base by how much that has changed. The first hundred. */
  readonly top: readonly TopRow[];
}

/** What there is to do, in the words that a person is shown, and how much of it is done (0 to 1) where that is known. */
export interface Stage {
  readonly words: string;
  readonly done: number | null;
}

export interface OpenedFile {
  readonly profiles: readonly ProfileInfo[];
  /** It is a bundle of `stanch snap`, which the server can diagnose. */
  readonly bundle: boolean;
}

export type Request =
  | { readonly id: number; readonly type: "fetch"; readonly address: string }
  | { readonly id: number; readonly type: "file"; readonly file: File }
  | {
      readonly id: number;
      readonly type: "lay";
      readonly profile: number;
      readonly column: number;
      readonly base: { readonly profile: number; readonly column: number } | null;
    }
  | { readonly type: "drop"; readonly profile: number };

export type Reply =
  | { readonly id: number; readonly type: "stage"; readonly stage: Stage }
  | { readonly id: number; readonly type: "opened"; readonly opened: OpenedFile }
  | { readonly id: number; readonly type: "laid"; readonly picture: Picture }
  | { readonly id: number; readonly type: "failed"; readonly error: string };
