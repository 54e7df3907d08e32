/**
 * The lexical tokens of Go, as small integers.
 *
 * A numeric `enum` on purpose: esbuild inlines its members, so `switch (token)` compiles to a jump table.
 * Order matters in three places, each marked: literals, operators, keywords are contiguous, so that a range
 * test tells the class.
 */
export enum Token {
  Illegal,
  EOF,
  Comment,

  // Literals: Ident … String.
  Ident,
  Int,
  Float,
  Imag,
  Char,
  String,

  // Operators: Add … Tilde.
  Add, // +
  Sub, // -
  Mul, // *
  Quo, // /
  Rem, // %
  And, // &
  Or, // |
  Xor, // ^
  Shl, // <<
  Shr, // >>
  AndNot, // &^
  AddAssign, // +=  (the assign forms follow in the order of Add … AndNot: op = assign - AddAssign + Add)
  SubAssign,
  MulAssign,
  QuoAssign,
  RemAssign,
  AndAssign,
  OrAssign,
  XorAssign,
  ShlAssign,
  ShrAssign,
  AndNotAssign,
  LAnd, // &&
  LOr, // ||
  Arrow, // <-
  Inc, // ++
  Dec, // --
  Eql, // ==
  Lss, // <
  Gtr, // >
  Assign, // =
  Not, // !
  Neq, // !=
  Leq, // <=
  Geq, // >=
  Define, // :=
  Ellipsis, // ...
  LParen, // (
  LBrack, // [
  LBrace, // {
  Comma, // ,
  Period, // .
  RParen, // )
  RBrack, // ]
  RBrace, // }
  Semicolon, // ;
  Colon, // :
  Tilde, // ~

  // Keywords: Break … Var.
  Break,
  Case,
  Chan,
  Const,
  Continue,
  Default,
  Defer,
  Else,
  Fallthrough,
  For,
  Func,
  Go,
  Goto,
  If,
  Import,
  Interface,
  Map,
  Package,
  Range,
  Return,
  Select,
  Struct,
  Switch,
  Type,
  Var,
}

/** How each token is written; for literals and the like, their class in capitals, as go/token prints it. */
export const tokenText: readonly string[] = (() => {
  const text: string[] = [];
  const put = (first: Token, words: string): void => {
    words.split(" ").forEach((word, i) => (text[first + i] = word));
  };
  put(Token.Illegal, "ILLEGAL EOF COMMENT IDENT INT FLOAT IMAG CHAR STRING");
  put(Token.Add, "+ - * / % & | ^ << >> &^ += -= *= /= %= &= |= ^= <<= >>= &^= && || <- ++ -- == < > = ! != <= >= :=");
  put(Token.Ellipsis, "... ( [ { , . ) ] } ; : ~");
  put(
    Token.Break,
    "break case chan const continue default defer else fallthrough for func go goto if import interface map package " +
      "range return select struct switch type var",
  );
  return text;
})();

/** Binary operator precedence by token (spec, "Operator precedence"); 0 for everything that is no binary operator. */
export const precedence: Uint8Array = (() => {
  const p = new Uint8Array(128);
  const put = (level: number, ...tokens: Token[]): void => tokens.forEach((t) => (p[t] = level));
  put(1, Token.LOr);
  put(2, Token.LAnd);
  put(3, Token.Eql, Token.Neq, Token.Lss, Token.Leq, Token.Gtr, Token.Geq);
  put(4, Token.Add, Token.Sub, Token.Or, Token.Xor);
  put(5, Token.Mul, Token.Quo, Token.Rem, Token.Shl, Token.Shr, Token.And, Token.AndNot);
  return p;
})();

/** Every token, at its own index: turns a number that is known to be one into a Token. */
export const allTokens: readonly Token[] = Object.values(Token).filter((t) => typeof t === "number");

/** `+=` → `+`; the token itself is returned unchanged when it is no compound assignment. */
export function binaryOfAssign(token: Token): Token {
  const isCompound = token >= Token.AddAssign && token <= Token.AndNotAssign;
  return isCompound ? allTokens[token - Token.AddAssign + Token.Add] : token;
}
