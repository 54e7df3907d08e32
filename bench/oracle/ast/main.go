// Command ast says what go/parser makes of Go files, so that another parser can be compared with it.
//
// It reads file names from standard input, one a line, and prints one line for each:
//
//	ok|error  NODES  HASH  first error
//
// HASH covers every node in the order of ast.Walk: its kind, position, end and what is written there (names, literals,
// operators), then every comment group, and where documentation is attached. With -v the nodes are printed instead.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
)

// kinds lists the node kinds in the order of NodeKind in src/go/syntax/ast.ts.
var kinds = strings.Fields(`BadExpr Ident Ellipsis BasicLit FuncLit CompositeLit ParenExpr SelectorExpr IndexExpr
IndexListExpr SliceExpr TypeAssertExpr CallExpr StarExpr UnaryExpr BinaryExpr KeyValueExpr ArrayType ChanType FuncType
InterfaceType MapType StructType BadStmt DeclStmt EmptyStmt LabeledStmt ExprStmt SendStmt IncDecStmt AssignStmt GoStmt
DeferStmt ReturnStmt BranchStmt BlockStmt IfStmt CaseClause SwitchStmt CommClause SelectStmt ForStmt RangeStmt
TypeSwitchStmt BadDecl GenDecl FuncDecl ImportSpec ValueSpec TypeSpec Field FieldList Comment CommentGroup File`)

var kindOf = map[string]int{}

var verbose = flag.Bool("v", false, "print nodes instead of a hash")

type sum struct {
	hash  uint32
	nodes int
	base  int
	out   *bufio.Writer
}

func (s *sum) add(v int) { s.hash = (s.hash ^ uint32(v)) * 16777619 }

func text(t string) int {
	h := uint32(2166136261)
	for i := 0; i < len(t); i++ {
		h = (h ^ uint32(t[i])) * 16777619
	}
	return int(int32(h))
}

// at turns a position into a byte offset, and no position into -1.
func (s *sum) at(p token.Pos) int {
	if !p.IsValid() {
		return -1
	}
	return int(p) - s.base
}

func doc(s *sum, g *ast.CommentGroup) int {
	if g == nil {
		return -1
	}
	return s.at(g.Pos())
}

func flagOf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// extra is what a node says beyond its kind, position and children.
func (s *sum) extra(n ast.Node) []int {
	switch n := n.(type) {
	case *ast.Ident:
		return []int{text(n.Name)}
	case *ast.BasicLit:
		return []int{text(n.Value), text(n.Kind.String())}
	case *ast.CompositeLit:
		return []int{s.at(n.Lbrace), s.at(n.Rbrace)}
	case *ast.IndexExpr:
		return []int{s.at(n.Lbrack)}
	case *ast.IndexListExpr:
		return []int{s.at(n.Lbrack)}
	case *ast.SliceExpr:
		return []int{s.at(n.Lbrack), flagOf(n.Slice3)}
	case *ast.TypeAssertExpr:
		return []int{s.at(n.Lparen)}
	case *ast.CallExpr:
		return []int{s.at(n.Lparen), s.at(n.Ellipsis), s.at(n.Rparen)}
	case *ast.UnaryExpr:
		return []int{text(n.Op.String())}
	case *ast.BinaryExpr:
		return []int{text(n.Op.String()), s.at(n.OpPos)}
	case *ast.KeyValueExpr:
		return []int{s.at(n.Colon)}
	case *ast.ChanType:
		return []int{int(n.Dir), s.at(n.Arrow)}
	case *ast.FuncType:
		return []int{s.at(n.Func)}
	case *ast.EmptyStmt:
		return []int{flagOf(n.Implicit)}
	case *ast.LabeledStmt:
		return []int{s.at(n.Colon)}
	case *ast.SendStmt:
		return []int{s.at(n.Arrow)}
	case *ast.IncDecStmt:
		return []int{s.at(n.TokPos), text(n.Tok.String())}
	case *ast.AssignStmt:
		return []int{s.at(n.TokPos), text(n.Tok.String())}
	case *ast.BranchStmt:
		return []int{text(n.Tok.String())}
	case *ast.BlockStmt:
		return []int{s.at(n.Rbrace)}
	case *ast.CaseClause:
		return []int{s.at(n.Colon), flagOf(n.List == nil)}
	case *ast.CommClause:
		return []int{s.at(n.Colon)}
	case *ast.RangeStmt:
		return []int{s.at(n.TokPos), s.at(n.Range)}
	case *ast.GenDecl:
		return []int{doc(s, n.Doc), s.at(n.Lparen), s.at(n.Rparen), text(n.Tok.String())}
	case *ast.FuncDecl:
		return []int{doc(s, n.Doc)}
	case *ast.ImportSpec:
		return []int{doc(s, n.Doc)}
	case *ast.ValueSpec:
		return []int{doc(s, n.Doc)}
	case *ast.TypeSpec:
		return []int{doc(s, n.Doc), s.at(n.Assign)}
	case *ast.Field:
		return []int{doc(s, n.Doc)}
	case *ast.FieldList:
		return []int{s.at(n.Opening), s.at(n.Closing)}
	case *ast.File:
		return []int{doc(s, n.Doc), text(n.GoVersion), flagOf(ast.IsGenerated(n))}
	}
	return nil
}

func (s *sum) file(f *ast.File) {
	ast.Inspect(f, func(n ast.Node) bool {
		if n == nil {
			return false
		}
		if _, ok := n.(*ast.CommentGroup); ok {
			return false
		}
		name := strings.TrimPrefix(fmt.Sprintf("%T", n), "*ast.")
		extra := s.extra(n)
		s.nodes++
		if *verbose {
			fmt.Fprintln(s.out, name, s.at(n.Pos()), s.at(n.End()), extra)
			return true
		}
		s.add(kindOf[name])
		s.add(s.at(n.Pos()))
		s.add(s.at(n.End()))
		for _, v := range extra {
			s.add(v)
		}
		return true
	})
	for _, g := range f.Comments {
		if *verbose {
			fmt.Fprintln(s.out, "CommentGroup", s.at(g.Pos()), len(g.List))
		}
		s.add(s.at(g.Pos()))
		for _, c := range g.List {
			s.add(s.at(c.Pos()))
			s.add(text(c.Text))
		}
	}
}

func main() {
	flag.Parse()
	for i, name := range kinds {
		kindOf[name] = i
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		src, err := os.ReadFile(in.Text())
		if err != nil {
			fmt.Fprintln(out, "error\t0\t0\t", err)
			continue
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, "", src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			fmt.Fprintf(out, "error\t0\t0\t%s\n", strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		s := &sum{hash: 2166136261, base: fset.File(f.Pos()).Base(), out: out}
		s.file(f)
		fmt.Fprintf(out, "ok\t%d\t%d\t\n", s.nodes, s.hash)
	}
}
