/**
 * Build constraints: `//go:build linux && !cgo` and the older `// +build linux,!cgo darwin`.
 * Same grammar, limits and messages as Go's go/build/constraint.
 */
export class ConstraintError extends Error {}

/** Answers whether a tag is set. */
export type TagTest = (tag: string) => boolean;

/** As in go/build/constraint: an expression with more operands than this is an attack, not a constraint. */
const MAX_OPERANDS = 1000;
const MAX_OLD_OPERATORS = 100;
const TAG = /[\p{L}\p{Nd}_.]+/uy;
const VALID_TAG = /^[\p{L}\p{Nd}_.]+$/u;

/** Whether a trimmed line is a `//go:build` line (and not, say, `//go:buildable`). */
export function isGoBuild(line: string): boolean {
  return /^\/\/go:build(?:\s|$)/.test(line);
}

export function isPlusBuild(line: string): boolean {
  return /^\/\/\s*\+build(?:\s|$)/.test(line);
}

/** Evaluates a whole `//go:build …` line. Throws a ConstraintError. */
export function evalGoBuild(line: string, has: TagTest): boolean {
  return new Evaluator(line.slice("//go:build".length).trim(), has).evaluate();
}

/**
 * Evaluates a whole `// +build …` line: spaces are "or", commas "and". A malformed word stands for the tag "ignore", which
 * nobody sets. Throws a ConstraintError where there are too many words.
 */
export function evalPlusBuild(line: string, has: TagTest): boolean {
  const text = line.replace(/^\/\/\s*\+build/, "").trim();
  if (text === "") return has("ignore");
  let operators = -1;
  let any = false;
  for (const clause of text.split(/\s+/)) {
    let all = true;
    for (const literal of clause.split(",")) {
      if (++operators > MAX_OLD_OPERATORS) throw new ConstraintError("expression too complex for // +build lines");
      const negated = literal.startsWith("!") && !literal.startsWith("!!") && literal !== "!";
      const tag = negated ? literal.slice(1) : literal;
      const set = has(VALID_TAG.test(tag) ? tag : "ignore");
      if (set === negated) all = false;
    }
    if (all) any = true;
  }
  return any;
}

/** Recursive descent over `||`, `&&`, `!`, parentheses and tags; evaluates while it parses. */
class Evaluator {
  #at = 0;
  #token = "";
  #isTag = false;
  #operands = 0;

  constructor(
    readonly text: string,
    readonly has: TagTest,
  ) {}

  evaluate(): boolean {
    const value = this.#or();
    if (this.#token !== "") throw new ConstraintError(`unexpected token ${this.#token}`);
    return value;
  }

  #or(): boolean {
    let value = this.#and();
    while (this.#token === "||") value = this.#and() || value;
    return value;
  }

  #and(): boolean {
    let value = this.#not();
    while (this.#token === "&&") value = this.#not() && value;
    return value;
  }

  #not(): boolean {
    if (++this.#operands > MAX_OPERANDS) throw new ConstraintError("build expression too large");
    this.#next();
    if (this.#token !== "!") return this.#atom();
    this.#next();
    if (this.#token === "!") throw new ConstraintError("double negation not allowed");
    return !this.#atom();
  }

  #atom(): boolean {
    if (this.#token === "(") {
      const value = this.#or();
      if (!this.#is(")")) throw new ConstraintError("missing close paren");
      this.#next();
      return value;
    }
    if (!this.#isTag)
      throw new ConstraintError(
        this.#token === "" ? "unexpected end of expression" : `unexpected token ${this.#token}`,
      );
    const tag = this.#token;
    this.#next();
    return this.has(tag);
  }

  #is(token: string): boolean {
    return this.#token === token;
  }

  #next(): void {
    this.#isTag = false;
    const { text } = this;
    while (text[this.#at] === " " || text[this.#at] === "\t") this.#at++;
    const c = text[this.#at];
    if (c === undefined) {
      this.#token = "";
      return;
    }
    if (c === "(" || c === ")" || c === "!") {
      this.#token = c;
      this.#at++;
      return;
    }
    if (c === "&" || c === "|") {
      if (text[this.#at + 1] !== c) throw new ConstraintError(`invalid syntax at ${c}`);
      this.#token = c + c;
      this.#at += 2;
      return;
    }
    TAG.lastIndex = this.#at;
    const tag = TAG.exec(text)?.[0];
    if (tag === undefined) throw new ConstraintError(`invalid syntax at ${c}`);
    this.#token = tag;
    this.#isTag = true;
    this.#at += tag.length;
  }
}
