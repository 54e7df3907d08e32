/**
 * The line syntax that go.mod and go.work share:
 *
 *     verb arg arg        // comment
 *     verb (
 *         arg arg
 *     )
 *
 * Arguments are bare words, "interpreted" or `raw` strings; `(`, `)`, `,`, `=>` and, in `retract`, `[` and `]` stand alone.
 * Never throws: what cannot be read becomes a problem and the next line goes on. Source: https://go.dev/ref/mod#go-mod-file-lexical
 */
export interface Argument {
  readonly text: string;
  /** From 1, in bytes for ASCII files. */
  readonly column: number;
}

/** One directive, inside a block or not. */
export interface Directive {
  readonly verb: string;
  readonly args: readonly Argument[];
  readonly line: number;
  readonly column: number;
  /** Text of the comment at the end of the line, without its slashes. */
  readonly comment: string;
}

export interface SyntaxReport {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface ModSyntax {
  readonly directives: readonly Directive[];
  readonly problems: readonly SyntaxReport[];
}

export function parseModSyntax(source: string): ModSyntax {
  const directives: Directive[] = [];
  const problems: SyntaxReport[] = [];
  let block: { verb: string; line: number; column: number } | null = null;

  const lines = source.replace(/^\uFEFF/, "").split("\n");
  for (let n = 0; n < lines.length; n++) {
    const { words, comment, problem } = splitLine(lines[n] ?? "");
    const line = n + 1;
    if (problem !== null) {
      problems.push({ line, column: problem.column, message: problem.message });
      continue;
    }
    const first = words[0];
    if (first === undefined) continue;
    if (block !== null) {
      if (first.text === ")") {
        block = null;
        if (words.length > 1)
          problems.push({
            line,
            column: words[1]?.column ?? 1,
            message: "syntax error (expected newline after closing paren)",
          });
        continue;
      }
      directives.push({ verb: block.verb, args: words, line, column: first.column, comment });
      continue;
    }
    if (first.text === ")") {
      problems.push({ line, column: first.column, message: "syntax error (unexpected closing paren)" });
      continue;
    }
    const open = words.findIndex((w) => w.text === "(");
    if (open > 0 && open === words.length - 1) {
      if (open > 1)
        problems.push({
          line,
          column: first.column,
          message: `unknown block type: ${words
            .slice(0, open)
            .map((w) => w.text)
            .join(" ")}`,
        });
      block = { verb: open > 1 ? "" : first.text, line, column: first.column };
      continue;
    }
    // `require ( )` on one line is an empty block.
    if (open > 0 && words[open + 1]?.text === ")" && open + 2 === words.length) continue;
    directives.push({ verb: first.text, args: words.slice(1), line, column: first.column, comment });
  }
  if (block !== null)
    problems.push({
      line: block.line,
      column: block.column,
      message: "syntax error (unterminated block started here)",
    });
  return { directives: directives.filter((d) => d.verb !== ""), problems };
}

interface Line {
  readonly words: Argument[];
  readonly comment: string;
  readonly problem: { column: number; message: string } | null;
}

function splitLine(line: string): Line {
  const words: Argument[] = [];
  let i = 0;
  for (;;) {
    while (line[i] === " " || line[i] === "\t" || line[i] === "\r") i++;
    const c = line[i];
    const column = i + 1;
    if (c === undefined) return { words, comment: "", problem: null };
    if (c === "/" && line[i + 1] === "/") return { words, comment: line.slice(i + 2).trim(), problem: null };
    if (c === "/" && line[i + 1] === "*") {
      return {
        words,
        comment: "",
        problem: { column, message: "mod files must use // comments (not /* */ comments)" },
      };
    }
    if (c === "(" || c === ")" || c === "," || c === "[" || c === "]") {
      words.push({ text: c, column });
      i++;
    } else if (c === "=" && line[i + 1] === ">") {
      words.push({ text: "=>", column });
      i += 2;
    } else if (c === '"' || c === "`") {
      const end = closing(line, i);
      if (end < 0) return { words, comment: "", problem: { column, message: "unexpected newline in string" } };
      const raw = line.slice(i + 1, end);
      words.push({ text: c === '"' ? raw.replace(/\\(.)/g, "$1") : raw, column });
      i = end + 1;
    } else {
      const start = i;
      while (i < line.length && !/[\s()[\],"`]/.test(line[i] ?? "") && !(line[i] === "/" && line[i + 1] === "/")) i++;
      words.push({ text: line.slice(start, i), column });
    }
  }
}

function closing(line: string, open: number): number {
  const quote = line[open];
  for (let i = open + 1; i < line.length; i++) {
    if (line[i] === quote) return i;
    if (quote === '"' && line[i] === "\\") i++;
  }
  return -1;
}
