/** What passes between the thread that speaks the protocol and the one that analyses. Positions are LSP's: from 0, in UTF-16 units. */

export interface Position {
  readonly line: number;
  readonly character: number;
}

export interface Range {
  readonly start: Position;
  readonly end: Position;
}

export interface FileEdit {
  readonly file: string;
  readonly range: Range;
  readonly newText: string;
}

/** A finding as an editor wants it. */
export interface EditorFinding {
  readonly range: Range;
  /** DiagnosticSeverity: 1 error, 2 warning, 3 information. */
  readonly severity: 1 | 2 | 3;
  /** Empty for what is no rule's: syntax errors, a configuration's. */
  readonly rule: string;
  readonly message: string;
  readonly path: readonly { readonly file: string; readonly range: Range; readonly message: string }[];
  readonly fix: { readonly title: string; readonly edits: readonly FileEdit[] } | null;
  /** Puts an ignore comment above the line. */
  readonly ignore: FileEdit | null;
  /** The function it is in: fixes in one function wait for each other. */
  readonly function: string;
}

export type ToAnalysis =
  | { readonly kind: "folders"; readonly folders: readonly string[] }
  /** An open document; null: it was closed. */
  | { readonly kind: "text"; readonly file: string; readonly version: number; readonly text: string | null }
  | { readonly kind: "disk"; readonly files: readonly string[] };

/** All that is to be shown for a group of files: a package, or a configuration. */
export interface Report {
  readonly kind: "report";
  /** Names the group: a later report of the same name replaces this one. */
  readonly group: string;
  /** Of the group these files alone: what was shown of its others stays. */
  readonly part: boolean;
  readonly files: readonly { readonly file: string; readonly findings: readonly EditorFinding[] }[];
  /** Versions of the open documents that it rests on. */
  readonly versions: Readonly<Record<string, number>>;
  /** Whether fixes have been tried; until then there are none. */
  readonly final: boolean;
  readonly milliseconds: number;
}

export type FromAnalysis = Report | { readonly kind: "log"; readonly text: string };
