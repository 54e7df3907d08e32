/**
 * As much of VS Code's API as its language client touches: what the test looks at is real, the rest takes anything and does nothing.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

type Listener = (e: unknown) => unknown;

export class Event {
  private readonly listeners = new Set<Listener>();
  readonly event = (listener: Listener, self?: unknown): { dispose(): void } => {
    const bound = self === undefined || self === null ? listener : listener.bind(self);
    this.listeners.add(bound);
    return { dispose: () => void this.listeners.delete(bound) };
  };
  async fire(e: unknown): Promise<void> {
    for (const l of this.listeners) await l(e);
  }
  dispose(): void {}
}

class Position {
  constructor(
    readonly line: number,
    readonly character: number,
  ) {}
}
class Range {
  constructor(
    readonly start: Position,
    readonly end: Position,
  ) {}
}
class Uri {
  private constructor(readonly href: string) {}
  static parse(text: string): Uri {
    return new Uri(text);
  }
  static file(path: string): Uri {
    return new Uri(`file://${path}`);
  }
  get scheme(): string {
    return this.href.slice(0, this.href.indexOf(":"));
  }
  get path(): string {
    return this.href.replace(/^file:\/\//, "");
  }
  get fsPath(): string {
    return this.path;
  }
  toString(): string {
    return this.href;
  }
  with(): Uri {
    return this;
  }
}
class Diagnostic {
  code: unknown;
  source: string | undefined;
  relatedInformation: unknown;
  constructor(
    readonly range: Range,
    readonly message: string,
    readonly severity: number,
  ) {}
}

/** A document as the client reads it. */
export function document(path: string, text: string): object {
  return {
    uri: Uri.file(path),
    languageId: "go",
    version: 1,
    fileName: path,
    isClosed: false,
    isUntitled: false,
    getText: () => text,
    lineCount: text.split("\n").length,
  };
}

/** Takes any use: called, constructed, read. */
function anything(name: string): unknown {
  const target = function anything(): void {};
  return new Proxy(target, {
    get: (t, key) => {
      if (key === "prototype") return t.prototype as unknown;
      if (key === Symbol.toPrimitive) return () => name;
      if (key === "then" || key === Symbol.iterator) return undefined;
      if (key === "dispose") return () => {};
      return anything(`${name}.${String(key)}`);
    },
    apply: () => anything(`${name}()`),
    construct: (t, args, self) => Reflect.construct(t, args, self) as object,
  });
}

export interface FakeVscode {
  readonly module: unknown;
  readonly opened: Event;
  readonly documents: object[];
  /** The last diagnostics by URI. */
  readonly shown: Map<string, Diagnostic[]>;
  readonly commands: Map<string, (...args: unknown[]) => unknown>;
}

export function fakeVscode(folder: string): FakeVscode {
  const opened = new Event();
  const documents: object[] = [];
  const shown = new Map<string, Diagnostic[]>();
  const commands = new Map<string, (...args: unknown[]) => unknown>();
  const none = (): { dispose(): void } => ({ dispose: () => {} });
  const collection = {
    name: "stanch",
    set: (uri: Uri, list: Diagnostic[]) => void shown.set(uri.toString(), list),
    delete: (uri: Uri) => void shown.delete(uri.toString()),
    clear: () => shown.clear(),
    dispose: () => {},
  };
  const channel = {
    append: none,
    appendLine: none,
    clear: none,
    show: none,
    dispose: none,
    name: "Stanch",
    logLevel: 3,
    trace: none,
    debug: none,
    info: none,
    warn: none,
    error: none,
    onDidChangeLogLevel: none,
  };
  const space = (name: string, own: Record<string, unknown>): unknown =>
    new Proxy(own, {
      get: (t, key) => {
        if (key in t) return t[String(key)];
        if (/^(?:on[A-Z]|register)/.test(String(key))) return none;
        return anything(`${name}.${String(key)}`);
      },
    });
  const own: Record<string, unknown> = {
    version: "1.120.0",
    Position,
    Range,
    Uri,
    Diagnostic,
    EventEmitter: Event,
    Disposable: Object.assign(
      class {
        constructor(readonly dispose: () => void) {}
      },
      { from: none },
    ),
    CancellationTokenSource: class {
      token = { isCancellationRequested: false, onCancellationRequested: none };
      cancel(): void {}
      dispose(): void {}
    },
    DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 },
    workspace: space("workspace", {
      textDocuments: documents,
      notebookDocuments: [],
      workspaceFolders: [{ uri: Uri.file(folder), name: "m", index: 0 }],
      onDidOpenTextDocument: opened.event,
      getConfiguration: () => ({
        get: (_: string, otherwise?: unknown) => otherwise,
        has: () => false,
        inspect: () => undefined,
      }),
      getWorkspaceFolder: () => undefined,
      createFileSystemWatcher: () => ({ onDidCreate: none, onDidChange: none, onDidDelete: none, dispose: () => {} }),
    }),
    languages: space("languages", {
      createDiagnosticCollection: () => collection,
      match: () => 10,
      getDiagnostics: () => [],
    }),
    window: space("window", {
      createOutputChannel: () => channel,
      visibleTextEditors: [],
      activeTextEditor: undefined,
      tabGroups: { all: [], onDidChangeTabs: none, onDidChangeTabGroups: none },
      showErrorMessage: (text: string) => Promise.reject(new Error(text)),
    }),
    commands: space("commands", {
      registerCommand: (name: string, run: (...args: unknown[]) => unknown) => {
        commands.set(name, run);
        return { dispose: () => void commands.delete(name) };
      },
    }),
    env: space("env", { language: "en", appName: "test", appHost: "desktop", uriScheme: "vscode" }),
  };
  // Every other class, enumeration and namespace that the API declares.
  const api = readFileSync(createRequire(import.meta.url).resolve("@types/vscode/index.d.ts"), "utf8");
  for (const [, name] of api.matchAll(/^\texport (?:abstract )?(?:class|enum|namespace|const) (\w+)/gm))
    own[name] ??= anything(name);
  const module = own;
  return { module, opened, documents, shown, commands };
}
