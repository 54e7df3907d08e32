/** The thread that speaks the protocol. It answers from the last reports and never analyses. */
import { basename } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  type CodeAction,
  CodeActionKind,
  type CodeActionParams,
  createConnection,
  type Diagnostic,
  DidChangeWatchedFilesNotification,
  type Hover,
  type HoverParams,
  type InitializeParams,
  type InitializeResult,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
  type TextDocumentContentChangeEvent,
  TextDocumentSyncKind,
  type TextEdit,
  type WorkspaceEdit,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { ignorePages } from "../check/ignore-pages.ts";
import { pageOf } from "../rules/registry.ts";
import { AnalysisThread } from "./analysis.ts";
import type { EditorFinding, FileEdit, FromAnalysis, Range, Report, ToAnalysis } from "./messages.ts";
import { WaitNotice } from "./wait-notice.ts";

const FixAll = `${CodeActionKind.SourceFixAll}.stanch`;

/** Serves until the client leaves. Resolves then. */
export function serve(version: string, input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<number> {
  const connection = createConnection(
    ProposedFeatures.all,
    new StreamMessageReader(input),
    new StreamMessageWriter(output),
  );
  const documents = new Map<string, TextDocument>();
  /** By file, and by the group that told of it. */
  const shown = new Map<string, { report: Report; findings: readonly EditorFinding[] }>();
  const groups = new Map<string, readonly string[]>();
  let folders: string[] = [];
  let watches = false;
  let showsProgress = false;
  let hasShutDown = false;
  let leave: (code: number) => void = () => {};
  const left = new Promise<number>((resolve) => (leave = resolve));

  const analysis = new AnalysisThread(
    onMessage,
    () => [
      { kind: "folders", folders },
      ...[...documents].map(([file, d]): ToAnalysis => ({ kind: "text", file, version: d.version, text: d.getText() })),
    ],
    (reason) => connection.window.showErrorMessage(`Stanch has stopped: ${reason}`),
  );

  const notice = new WaitNotice(async (text) => {
    if (!showsProgress) throw new Error("the editor shows no progress");
    const progress = await connection.window.createWorkDoneProgress();
    progress.begin("Stanch", undefined, text);
    return progress;
  });

  function onMessage(message: FromAnalysis): void {
    notice.end();
    if (message.kind === "log") return connection.console.warn(message.text);
    // Something was typed since: another report is on its way.
    for (const [file, v] of Object.entries(message.versions)) if (documents.get(file)?.version !== v) return;
    if (!message.part) {
      const now = new Set(message.files.map((f) => f.file));
      for (const file of groups.get(message.group) ?? []) if (!now.has(file)) publish(file, message, []);
      groups.set(message.group, [...now]);
    }
    for (const { file, findings } of message.files) publish(file, message, findings);
  }

  function publish(file: string, report: Report, findings: readonly EditorFinding[]): void {
    const old = shown.get(file)?.findings ?? [];
    shown.set(file, { report, findings });
    if (findings.length === 0) {
      shown.delete(file);
      if (old.length === 0 && !documents.has(file)) return;
    }
    const doc = documents.get(file);
    void connection.sendDiagnostics({
      uri: uriOf(file),
      ...(doc === undefined ? {} : { version: doc.version }),
      diagnostics: findings.map(diagnosticOf),
    });
  }

  connection.onInitialize((params: InitializeParams): InitializeResult => {
    folders = (params.workspaceFolders ?? []).flatMap((f) => fileOf(f.uri) ?? []);
    const root = params.rootUri === null || params.rootUri === undefined ? null : fileOf(params.rootUri);
    if (folders.length === 0 && root !== null) folders = [root];
    showsProgress = params.capabilities.window?.workDoneProgress === true;
    watches = params.capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration === true;
    return {
      serverInfo: { name: "stanch", version },
      capabilities: {
        positionEncoding: "utf-16",
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
        codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, FixAll] },
        hoverProvider: true,
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      },
    };
  });

  connection.onInitialized(() => {
    analysis.send({ kind: "folders", folders });
    if (!watches) return;
    const watchers = ["**/*.go", "**/go.mod", "**/go.sum", "**/go.work", "**/{.,}stanch.{yaml,yml}"];
    connection.client
      .register(DidChangeWatchedFilesNotification.type, {
        watchers: watchers.map((globPattern) => ({ globPattern })),
      })
      .catch(() => {}); // a client that has changed its mind
  });

  connection.onNotification(
    "workspace/didChangeWorkspaceFolders",
    ({ event }: { event: { added: { uri: string }[]; removed: { uri: string }[] } }) => {
      const gone = new Set(event.removed.map((f) => fileOf(f.uri)));
      folders = [...folders.filter((f) => !gone.has(f)), ...event.added.flatMap((f) => fileOf(f.uri) ?? [])];
      analysis.send({ kind: "folders", folders });
    },
  );

  connection.onDidOpenTextDocument(({ textDocument: { uri, languageId, version: v, text } }) => {
    const file = fileOf(uri);
    if (file === null) return;
    documents.set(file, TextDocument.create(uri, languageId, v, text));
    if (file.endsWith(".go")) notice.begin(`reading what ${basename(file)} imports`);
    analysis.send({ kind: "text", file, version: v, text });
  });

  connection.onDidChangeTextDocument(({ textDocument: { uri, version: v }, contentChanges }) => {
    const file = fileOf(uri);
    const doc = file === null ? undefined : documents.get(file);
    if (file === null || doc === undefined) return; // a change of what was never opened
    const changed = TextDocument.update(doc, contentChanges.map(wellFormed), v ?? doc.version + 1);
    documents.set(file, changed);
    analysis.send({ kind: "text", file, version: changed.version, text: changed.getText() });
  });

  connection.onDidCloseTextDocument(({ textDocument: { uri } }) => {
    const file = fileOf(uri);
    if (file === null || !documents.delete(file)) return;
    if (documents.size === 0) notice.end();
    analysis.send({ kind: "text", file, version: 0, text: null });
  });

  connection.onDidChangeWatchedFiles(({ changes }) => {
    const files = changes.flatMap((c) => fileOf(c.uri) ?? []);
    if (files.length > 0) analysis.send({ kind: "disk", files });
  });

  connection.onCodeAction((params: CodeActionParams): CodeAction[] => {
    const file = fileOf(params.textDocument.uri);
    const at = file === null ? undefined : shown.get(file);
    if (file === null || at === undefined || !isCurrent(at.report)) return [];
    const only = params.context.only;
    const wants = (kind: string): boolean =>
      only === undefined ? kind !== FixAll : only.some((k) => kind === k || kind.startsWith(`${k}.`));
    const actions: CodeAction[] = [];
    for (const f of at.findings) {
      if (!wants(CodeActionKind.QuickFix) || !touches(f.range, params.range)) continue;
      const diagnostics = [diagnosticOf(f)];
      if (f.fix !== null)
        actions.push({
          title: f.fix.title,
          kind: CodeActionKind.QuickFix,
          diagnostics,
          isPreferred: true,
          edit: edit(f.fix.edits),
        });
      if (f.ignore !== null)
        actions.push({
          title: `Ignore ${f.rule} here`,
          kind: CodeActionKind.QuickFix,
          diagnostics,
          edit: edit([f.ignore]),
        });
    }
    if (wants(FixAll)) {
      const all = composed(at.findings);
      if (all.length > 0) actions.push({ title: "Mend all leaks that can be mended", kind: FixAll, edit: edit(all) });
    }
    return actions;
  });

  connection.onHover(async (params: HoverParams): Promise<Hover | null> => {
    const file = fileOf(params.textDocument.uri);
    const at = file === null ? undefined : shown.get(file);
    const { position } = params;
    const found = at?.findings.filter((f) => f.rule !== "" && touches(f.range, { start: position, end: position }));
    if (found === undefined || found.length === 0) return null;
    const pages = await Promise.all(
      [...new Set(found.map((f) => f.rule))].map(async (rule) => (await pageOf(rule)) ?? ignorePages.get(rule) ?? rule),
    );
    return { contents: { kind: "markdown", value: pages.join("\n\n---\n\n") }, range: found[0].range };
  });

  connection.onShutdown(() => {
    hasShutDown = true;
  });
  connection.onExit(() => leave(hasShutDown ? 0 : 1));
  // A client that went away without a word.
  input.on("end", () => leave(hasShutDown ? 0 : 1));
  input.on("close", () => leave(hasShutDown ? 0 : 1));
  output.on("error", () => leave(1));

  function isCurrent(report: Report): boolean {
    return Object.entries(report.versions).every(([file, v]) => documents.get(file)?.version === v);
  }

  function edit(edits: readonly FileEdit[]): WorkspaceEdit {
    const byFile = new Map<string, TextEdit[]>();
    for (const { file, range, newText } of edits) byFile.set(file, [...(byFile.get(file) ?? []), { range, newText }]);
    return {
      documentChanges: [...byFile].map(([file, list]) => ({
        textDocument: { uri: uriOf(file), version: documents.get(file)?.version ?? null },
        edits: list,
      })),
    };
  }

  connection.listen();
  return left.finally(() => void analysis.end());
}

/** Fixes that go together: one for each function, none that overlap. */
function composed(findings: readonly EditorFinding[]): FileEdit[] {
  const functions = new Set<string>();
  const out: FileEdit[] = [];
  for (const f of findings) {
    if (f.fix === null || functions.has(f.function)) continue;
    if (f.fix.edits.some((e) => out.some((o) => o.file === e.file && touches(o.range, e.range)))) continue;
    functions.add(f.function);
    out.push(...f.fix.edits);
  }
  return out;
}

function diagnosticOf(f: EditorFinding): Diagnostic {
  return {
    range: f.range,
    severity: f.severity,
    source: "stanch",
    message: f.message,
    ...(f.rule === "" ? {} : { code: f.rule }),
    ...(f.path.length === 0
      ? {}
      : {
          relatedInformation: f.path.map((s, i) => ({
            location: { uri: uriOf(s.file), range: s.range },
            message: `${i + 1}: ${s.message}`,
          })),
        }),
  };
}

function touches(a: Range, b: Range): boolean {
  const before = (p: Range["start"], q: Range["start"]): boolean =>
    p.line < q.line || (p.line === q.line && p.character < q.character);
  return !before(a.end, b.start) && !before(b.end, a.start);
}

/** Null for what is no file: unsaved buffers, other schemes, URIs that are none. */
function fileOf(uri: string): string | null {
  try {
    return uri.startsWith("file:") ? fileURLToPath(uri) : null;
  } catch {
    return null;
  }
}

function uriOf(file: string): string {
  return file.startsWith("/") || /^[A-Za-z]:/.test(file) ? pathToFileURL(file).href : `stanch-stdlib:${file}`;
}

/** Positions that are no numbers would cut the text at random places: they count as 0. The rest is drawn in by the document. */
function wellFormed(change: TextDocumentContentChangeEvent): TextDocumentContentChangeEvent {
  const { text, range } = change as { text: string; range?: Partial<Record<string, unknown>> | null };
  if (range === undefined || range === null) return { text };
  const number = (n: unknown): number => (typeof n === "number" && Number.isFinite(n) ? Math.max(0, Math.floor(n)) : 0);
  const place = (p: unknown): Range["start"] => {
    const { line, character } = (typeof p === "object" && p !== null ? p : {}) as Partial<Record<string, unknown>>;
    return { line: number(line), character: number(character) };
  };
  return { range: { start: place(range["start"]), end: place(range["end"]) }, text };
}
