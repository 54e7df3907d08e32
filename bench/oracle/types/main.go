// Command types prints what go/types says of every expression and call in the packages that patterns name, for
// comparison with the type layer of "stanch/go"; with -time it only measures.
//
// Output, one record a line, tab-separated; offsets are bytes:
//
//	P path            a package
//	F file            a file of it; the records below belong to it
//	T id text         a type's canonical text (see typeText), before its first use
//	E pos end id val  an expression: its type, and its value where it is a constant ("-" otherwise)
//	C pos end callee  a call: what it calls
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"time"
)

type listed struct {
	Dir, ImportPath   string
	GoFiles, CgoFiles []string
	ImportMap         map[string]string
	DepOnly, Standard bool
	Module            *struct{ GoVersion string }
}

func main() {
	timing := flag.Bool("time", false, "measure typing, print milliseconds and bytes as JSON")
	dir := flag.String("C", ".", "run in this folder")
	flag.Parse()
	runtime.GOMAXPROCS(1)
	args := append([]string{"list", "-e", "-deps", "-json=Dir,ImportPath,GoFiles,CgoFiles,ImportMap,DepOnly,Standard,Module"}, flag.Args()...)
	cmd := exec.Command("go", args...)
	cmd.Dir = *dir
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	check(err)
	check(cmd.Start())
	var pkgs []*listed
	for dec := json.NewDecoder(pipe); dec.More(); {
		p := new(listed)
		check(dec.Decode(p))
		pkgs = append(pkgs, p)
	}
	_ = cmd.Wait()

	fset := token.NewFileSet()
	done := map[string]*types.Package{"unsafe": types.Unsafe}
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	defer out.Flush()
	pr := &printer{out: out, ids: map[string]int{}}
	var parsing, declaring, typing time.Duration
	var targetBytes, depBytes int64
	for _, p := range pkgs {
		if p.ImportPath == "unsafe" {
			continue
		}
		var files []*ast.File
		var size int64
		for _, name := range append(append([]string{}, p.GoFiles...), p.CgoFiles...) {
			path := filepath.Join(p.Dir, name)
			src, err := os.ReadFile(path)
			if err != nil {
				continue
			}
			start := time.Now()
			mode := parser.SkipObjectResolution | parser.ParseComments
			f, _ := parser.ParseFile(fset, path, src, mode)
			parsing += time.Since(start)
			size += int64(len(src))
			if f != nil {
				files = append(files, f)
			}
		}
		info := &types.Info{}
		if !p.DepOnly {
			info = &types.Info{
				Types:      map[ast.Expr]types.TypeAndValue{},
				Uses:       map[*ast.Ident]types.Object{},
				Defs:       map[*ast.Ident]types.Object{},
				Selections: map[*ast.SelectorExpr]*types.Selection{},
				Instances:  map[*ast.Ident]types.Instance{},
			}
		}
		conf := types.Config{
			IgnoreFuncBodies: p.DepOnly,
			FakeImportC:      true,
			Error:            func(error) {},
			Sizes:            types.SizesFor("gc", "amd64"),
			Importer: importerFunc(func(path string) (*types.Package, error) {
				if mapped, ok := p.ImportMap[path]; ok {
					path = mapped
				}
				if q := done[path]; q != nil {
					return q, nil
				}
				return nil, fmt.Errorf("no package %s", path)
			}),
		}
		if p.Module != nil && p.Module.GoVersion != "" {
			conf.GoVersion = "go" + p.Module.GoVersion
		}
		start := time.Now()
		pkg, _ := conf.Check(p.ImportPath, fset, files, info)
		if p.DepOnly {
			declaring += time.Since(start)
			depBytes += size
		} else {
			typing += time.Since(start)
			targetBytes += size
		}
		done[p.ImportPath] = pkg
		if !p.DepOnly && !*timing {
			pr.pkg(fset, p.ImportPath, files, info)
		}
	}
	if *timing {
		fmt.Fprintf(out, `{"parseMs":%d,"declareMs":%d,"typeMs":%d,"targetBytes":%d,"depBytes":%d}`+"\n",
			parsing.Milliseconds(), declaring.Milliseconds(), typing.Milliseconds(), targetBytes, depBytes)
	}
}

type importerFunc func(path string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

type printer struct {
	out *bufio.Writer
	ids map[string]int
}

func (p *printer) pkg(fset *token.FileSet, path string, files []*ast.File, info *types.Info) {
	fmt.Fprintf(p.out, "P\t%s\n", path)
	for _, f := range files {
		tf := fset.File(f.Pos())
		fmt.Fprintf(p.out, "F\t%s\n", tf.Name())
		off := func(pos token.Pos) int { return tf.Offset(pos) }
		ast.Inspect(f, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			if tv, ok := info.Types[e]; ok && !tv.IsBuiltin() {
				text := typeText(tv.Type)
				if tv.IsVoid() {
					text = "()"
				}
				id, seen := p.ids[text]
				if !seen {
					id = len(p.ids)
					p.ids[text] = id
					fmt.Fprintf(p.out, "T\t%d\t%s\n", id, text)
				}
				fmt.Fprintf(p.out, "E\t%d\t%d\t%d\t%s\n", off(e.Pos()), off(e.End()), id, valueText(tv.Value))
			}
			if call, ok := e.(*ast.CallExpr); ok {
				fmt.Fprintf(p.out, "C\t%d\t%d\t%s\n", off(call.Pos()), off(call.End()), callee(fset, info, call))
			}
			return true
		})
	}
}

func valueText(v constant.Value) string {
	if v == nil {
		return "-"
	}
	switch v.Kind() {
	case constant.String:
		h := fnv.New32a()
		h.Write([]byte(constant.StringVal(v)))
		return fmt.Sprintf("s%d:%d", len(constant.StringVal(v)), h.Sum32())
	case constant.Float:
		f, _ := constant.Float64Val(v)
		if constant.ToInt(v).Kind() == constant.Int {
			if s := constant.ToInt(v).ExactString(); len(s) < 100 {
				return s
			}
		}
		return "f" + strconv.FormatFloat(f, 'g', 12, 64)
	case constant.Complex:
		return "(" + valueText(constant.Real(v)) + " " + valueText(constant.Imag(v)) + ")"
	}
	if s := v.ExactString(); len(s) < 100 {
		return s
	}
	f, _ := constant.Float64Val(constant.ToFloat(v))
	return "f" + strconv.FormatFloat(f, 'g', 12, 64)
}

func callee(fset *token.FileSet, info *types.Info, call *ast.CallExpr) string {
	fun := ast.Unparen(call.Fun)
	if tv, ok := info.Types[fun]; ok && tv.IsType() {
		return strings.TrimSuffix("conversion "+typePkg(tv.Type), " ")
	}
	switch x := fun.(type) {
	case *ast.IndexExpr:
		fun = ast.Unparen(x.X)
	case *ast.IndexListExpr:
		fun = ast.Unparen(x.X)
	}
	var obj types.Object
	switch x := fun.(type) {
	case *ast.Ident:
		obj = info.Uses[x]
	case *ast.SelectorExpr:
		obj = info.Uses[x.Sel]
	}
	switch obj := obj.(type) {
	case *types.Builtin:
		return "builtin " + obj.Name()
	case *types.Func:
		return "func " + funcName(obj.Origin())
	case *types.Var:
		kind := "var"
		if obj.IsField() {
			kind = "field"
		}
		return fmt.Sprintf("%s %s@%d", kind, obj.Name(), fset.Position(obj.Origin().Pos()).Offset)
	case nil:
		if tv, ok := info.Types[fun]; !ok || tv.Type == types.Typ[types.Invalid] {
			return "invalid"
		}
		return "value"
	}
	return "other"
}

// typePkg is the package that declares a type, or what it points to; empty for others.
func typePkg(t types.Type) string {
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	if n, ok := t.(*types.Named); ok && n.Obj().Pkg() != nil {
		return n.Obj().Pkg().Path()
	}
	return ""
}

func funcName(f *types.Func) string {
	sig := f.Signature()
	if recv := sig.Recv(); recv != nil {
		t := types.Unalias(recv.Type())
		star := ""
		if p, ok := t.(*types.Pointer); ok {
			star = "*"
			t = types.Unalias(p.Elem())
		}
		if n, ok := t.(*types.Named); ok {
			return "(" + star + typeName(n.Obj()) + ")." + f.Name()
		}
		return "(interface)." + f.Name()
	}
	if f.Pkg() == nil {
		return f.Name()
	}
	return f.Pkg().Path() + "." + f.Name()
}

func typeName(o *types.TypeName) string {
	if o.Pkg() == nil {
		return o.Name()
	}
	return o.Pkg().Path() + "." + o.Name()
}

// typeText writes a type without anything that depends on how it was written: no alias names, no parameter names,
// type parameters by index, methods sorted.
func typeText(t types.Type) string {
	var b strings.Builder
	text(&b, t)
	return b.String()
}

func text(b *strings.Builder, t types.Type) {
	switch t := types.Unalias(t).(type) {
	case nil:
		b.WriteString("()")
	case *types.Basic:
		switch t.Kind() {
		case types.Uint8:
			b.WriteString("uint8")
		case types.Int32:
			b.WriteString("int32")
		case types.Invalid:
			b.WriteString("unknown")
		case types.UnsafePointer:
			b.WriteString("unsafe.Pointer")
		default:
			b.WriteString(t.Name())
		}
	case *types.Named:
		b.WriteString(typeName(t.Obj()))
		if n := t.TypeArgs().Len(); n > 0 {
			b.WriteByte('[')
			for i := range n {
				if i > 0 {
					b.WriteByte(',')
				}
				text(b, t.TypeArgs().At(i))
			}
			b.WriteByte(']')
		} else if n := t.TypeParams().Len(); n > 0 {
			b.WriteByte('[')
			for i := range n {
				if i > 0 {
					b.WriteByte(',')
				}
				fmt.Fprintf(b, "$%d", i)
			}
			b.WriteByte(']')
		}
	case *types.Pointer:
		b.WriteByte('*')
		text(b, t.Elem())
	case *types.Slice:
		b.WriteString("[]")
		text(b, t.Elem())
	case *types.Array:
		fmt.Fprintf(b, "[%d]", t.Len())
		text(b, t.Elem())
	case *types.Map:
		b.WriteString("map[")
		text(b, t.Key())
		b.WriteByte(']')
		text(b, t.Elem())
	case *types.Chan:
		b.WriteString([]string{"chan(", "chan<-(", "<-chan("}[t.Dir()])
		text(b, t.Elem())
		b.WriteByte(')')
	case *types.Struct:
		b.WriteString("struct{")
		for i := range t.NumFields() {
			f := t.Field(i)
			if f.Embedded() {
				b.WriteByte('!')
			}
			b.WriteString(f.Name() + " ")
			text(b, f.Type())
			b.WriteByte(';')
		}
		b.WriteByte('}')
	case *types.Signature:
		b.WriteString("func(")
		tuple(b, t.Params())
		b.WriteByte(')')
		if t.Variadic() {
			b.WriteString("...")
		}
		b.WriteByte('(')
		tuple(b, t.Results())
		b.WriteByte(')')
	case *types.Interface:
		if t.NumExplicitMethods() == 0 && t.NumEmbeddeds() == 0 {
			b.WriteString("any")
			return
		}
		b.WriteString("interface{")
		var ms []string
		for i := range t.NumExplicitMethods() {
			m := t.ExplicitMethod(i)
			ms = append(ms, m.Name()+typeText(m.Type()))
		}
		sort.Strings(ms)
		b.WriteString(strings.Join(ms, ";"))
		for i := range t.NumEmbeddeds() {
			b.WriteByte('|')
			text(b, t.EmbeddedType(i))
		}
		b.WriteByte('}')
	case *types.Tuple:
		b.WriteByte('(')
		tuple(b, t)
		b.WriteByte(')')
	case *types.TypeParam:
		fmt.Fprintf(b, "$%d", t.Index())
	case *types.Union:
		for i := range t.Len() {
			if i > 0 {
				b.WriteByte('|')
			}
			if t.Term(i).Tilde() {
				b.WriteByte('~')
			}
			text(b, t.Term(i).Type())
		}
	default:
		b.WriteString("?")
	}
}

func tuple(b *strings.Builder, t *types.Tuple) {
	for i := range t.Len() {
		if i > 0 {
			b.WriteByte(',')
		}
		text(b, t.At(i).Type())
	}
}
