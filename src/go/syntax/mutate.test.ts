import { expect, it } from "vitest";
import { versionProblems } from "./gate.ts";
import { Mutator } from "./mutate.ts";
import { parseBody, parseFile } from "./parser.ts";
import { NodeKind } from "./ast.ts";
import { walk } from "./walk.ts";

const seedFile = `// Package p holds one of everything.
package p

import (
	"fmt"
	q "os"
)

type T[P any, Q ~int | *string] struct {
	a, b int \`tag\`
	*E
	F[P]
}

type I interface {
	m(x ...int) (y error)
	~[]byte | E
}

const c, d = 0x1F, 'a' + 1i

func (r *T[P, Q]) f(ch chan<- int, g func(<-chan int)) (map[string][4]int, error) {
L:
	for i, v := range x {
		switch y := v.(type) {
		case nil, *int:
			continue L
		default:
			fallthrough
		}
		select {
		case ch <- i:
		case z, ok := <-in:
		}
	}
	for i := 0; i < 10; i++ {
		if x := f(); x != nil && !ok {
			return nil, fmt.Errorf("a%d\\n", x)
		} else if y {
			defer func() { recover() }()
		} else {
			goto L
		}
	}
	x[1:2:3], *p = T[int, string]{a: 1, b: {2}}, (<-ch)(1, s...)
	go q.Exit(1)
	return
}
`;

it("parses 500 mutants without an exception", () => {
  const src = new TextEncoder().encode(seedFile);
  expect(parseFile("seed.go", src).problems).toEqual([]);
  const mutator = new Mutator(42, [src]);
  for (let i = 0; i < 500; i++) {
    const mutant = mutator.next();
    const file = parseFile("mutant.go", mutant);
    let nodes = 0;
    walk(file, () => {
      nodes++;
    });
    // A node needs a byte, or is a placeholder for something missing.
    expect(nodes).toBeLessThan(20 + 4 * mutant.length);
    versionProblems(file, { major: 1, minor: 17 });
    const skipped = parseFile("mutant.go", mutant, { skipBodies: true, comments: false });
    for (const decl of skipped.decls) {
      if (decl.kind === NodeKind.FuncDecl) {
        parseBody(skipped, decl);
      }
    }
  }
});
