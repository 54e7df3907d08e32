/** What the server shows, asked of whoever watches. Names are targets' names; a name that nobody knows gives null. */
import type {
  FindingsReply,
  FixReply,
  GroupsReply,
  RevisionView,
  SeriesReply,
  SourceReply,
  StoredProfileView,
  TargetReply,
  TargetsReply,
} from "./api.ts";

export interface SeriesQuery {
  readonly kind: string | null;
  readonly name: string | null;
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** Points per series at most; more are thinned out. */
  readonly points: number;
}

export interface Backend {
  targets(): TargetsReply;
  target(name: string): TargetReply | null;
  series(name: string, query: SeriesQuery): SeriesReply | null;
  /** Takes a fresh look (or one a few seconds old). @throws UsageError where the target does not answer. */
  goroutines(name: string, signal: AbortSignal): Promise<GroupsReply | null>;
  /** Uncompressed profile.proto: `heap`, `goroutine`, `allocs`, … as it is now. */
  profile(name: string, kind: string, signal: AbortSignal): Promise<Uint8Array | null>;
  storedProfiles(name: string): readonly StoredProfileView[];
  storedProfile(hash: string): Uint8Array | null;
  /** The four steps, `stanch.diagnose/1`. */
  diagnosis(name: string, signal: AbortSignal): Promise<string | null>;
  /** The same for people: Markdown for a ticket. */
  diagnosisMarkdown(name: string, signal: AbortSignal): Promise<string | null>;
  /** The same as one page that loads nothing, for a mail. */
  diagnosisHtml(name: string, signal: AbortSignal): Promise<string | null>;
  /** Takes a bundle into the evidence folder; returns its path or why not. */
  capture(name: string): Promise<{ readonly bundle: string | null; readonly note: string } | null>;
  /** Targets that an Alertmanager alert's labels may mean. */
  targetsOfAlert(labels: Readonly<Record<string, string>>): readonly string[];
  findings(signal: AbortSignal): Promise<FindingsReply>;
  /** Of a finding of the last reply. */
  fix(fingerprint: string): Promise<FixReply | null>;
  revisions(name: string): readonly RevisionView[] | null;
  /** The four steps of an uploaded bundle, `stanch.diagnose/1`. @throws UsageError where it is none, or a bomb. */
  openBundle(bytes: Uint8Array, signal: AbortSignal): Promise<string>;
  /** A part of a source file below the configured roots; null for anything else. */
  source(target: string | null, file: string, line: number, around: number): SourceReply | null;
}
