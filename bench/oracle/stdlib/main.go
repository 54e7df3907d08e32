// Command stdlib compares the stubs of the standard library (tools/gen-stdlib.ts --text DIR) with the library itself:
// go/types checks both, and every exported object must have the same type, value, fields and methods.
//
//	npx tsx tools/gen-stdlib.ts --text /tmp/stubs && cd bench/oracle/stdlib && go run . /tmp/stubs
//
// Prints the facts compared and those that differ; exits with 1 where any does.
package main

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

type loader struct {
	fset     *token.FileSet
	files    func(path string) ([]string, error)
	packages map[string]*types.Package
	errors   []string
}

func (l *loader) Import(path string) (*types.Package, error) { return l.ImportFrom(path, "", 0) }

func (l *loader) ImportFrom(path, dir string, _ types.ImportMode) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if p, ok := l.packages[path]; ok {
		if p == nil {
			return nil, fmt.Errorf("import cycle through %s", path)
		}
		return p, nil
	}
	l.packages[path] = nil
	names, err := l.files(path)
	if err != nil {
		delete(l.packages, path)
		if !strings.HasPrefix(path, "vendor/") {
			return l.ImportFrom("vendor/"+path, dir, 0)
		}
		return nil, err
	}
	var files []*ast.File
	for _, name := range names {
		f, err := parser.ParseFile(l.fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	conf := types.Config{Importer: l, IgnoreFuncBodies: true, FakeImportC: true, Sizes: types.SizesFor("gc", "amd64"), Error: func(err error) {
		if e := err.Error(); !strings.Contains(e, "missing function body") {
			l.errors = append(l.errors, e)
		}
	}}
	p, _ := conf.Check(path, l.fset, files, nil)
	l.packages[path] = p
	return p, nil
}

func facts(p *types.Package) map[string]string {
	found := map[string]string{}
	qualify := func(q *types.Package) string { return q.Path() }
	text := func(t types.Type) string { return types.TypeString(t, qualify) }
	scope := p.Scope()
	for _, name := range scope.Names() {
		obj := scope.Lookup(name)
		if !obj.Exported() {
			continue
		}
		switch o := obj.(type) {
		case *types.Const:
			found[name] = "const " + text(o.Type()) + " = " + o.Val().ExactString()
		case *types.TypeName:
			found[name] = fmt.Sprintf("type alias=%v", o.IsAlias())
			t := types.Unalias(o.Type())
			switch u := t.Underlying().(type) {
			case *types.Struct:
				found[name] += " struct"
				for i := 0; i < u.NumFields(); i++ {
					if f := u.Field(i); f.Exported() || f.Embedded() {
						found[name+"."+f.Name()] = fmt.Sprintf("field %v %s", f.Embedded(), text(f.Type()))
					}
				}
			case *types.Interface:
				found[name] += " " + text(u)
			default:
				found[name] += " " + text(u)
			}
			if named, ok := t.(*types.Named); ok && named.TypeParams() != nil {
				for i := 0; i < named.TypeParams().Len(); i++ {
					found[name] += " [" + text(named.TypeParams().At(i).Constraint()) + "]"
				}
			}
			for _, recv := range []types.Type{t, types.NewPointer(t)} {
				set := types.NewMethodSet(recv)
				for i := 0; i < set.Len(); i++ {
					if m := set.At(i); m.Obj().Exported() {
						found[fmt.Sprintf("(%s).%s", text(recv), m.Obj().Name())] = text(m.Type())
					}
				}
			}
		default:
			found[name] = fmt.Sprintf("%T %s", o, text(o.Type()))
		}
	}
	return found
}

func main() {
	stubs := os.Args[1]
	ctx := build.Default
	ctx.GOOS, ctx.GOARCH, ctx.CgoEnabled = "linux", "amd64", false
	real := &loader{fset: token.NewFileSet(), packages: map[string]*types.Package{}, files: func(path string) ([]string, error) {
		p, err := ctx.ImportDir(filepath.Join(ctx.GOROOT, "src", path), 0)
		if err != nil {
			return nil, err
		}
		var names []string
		for _, f := range p.GoFiles {
			names = append(names, filepath.Join(p.Dir, f))
		}
		return names, nil
	}}
	ours := &loader{fset: token.NewFileSet(), packages: map[string]*types.Package{}, files: func(path string) ([]string, error) {
		names, _ := filepath.Glob(filepath.Join(stubs, path, "*.go"))
		if len(names) == 0 {
			return nil, fmt.Errorf("no stub of %s", path)
		}
		return names, nil
	}}
	var paths []string
	filepath.WalkDir(filepath.Join(ctx.GOROOT, "src"), func(dir string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		path, _ := filepath.Rel(filepath.Join(ctx.GOROOT, "src"), dir)
		if base := filepath.Base(dir); path == "cmd" || path == "vendor" || base == "internal" || base == "testdata" || strings.HasPrefix(base, "_") || path == "builtin" || path == "unsafe" {
			return filepath.SkipDir
		}
		if p, err := ctx.ImportDir(dir, 0); err == nil && len(p.GoFiles) > 0 {
			paths = append(paths, path)
		}
		return nil
	})
	agreed, total := 0, 0
	for _, path := range paths {
		want, err := real.Import(path)
		if err != nil {
			fmt.Println("cannot check", path, err)
			continue
		}
		wanted := facts(want)
		got := map[string]string{}
		if p, err := ours.Import(path); err == nil {
			got = facts(p)
		} else if len(wanted) > 0 {
			fmt.Println(path, err)
		}
		names := map[string]bool{}
		for n := range wanted {
			names[n] = true
		}
		for n := range got {
			names[n] = true
		}
		var sorted []string
		for n := range names {
			sorted = append(sorted, n)
		}
		sort.Strings(sorted)
		for _, n := range sorted {
			total++
			if wanted[n] == got[n] {
				agreed++
			} else {
				fmt.Printf("%s: %s\n    ours   %s\n    theirs %s\n", path, n, got[n], wanted[n])
			}
		}
	}
	for _, e := range ours.errors {
		fmt.Println("in stubs:", e)
	}
	fmt.Printf("%.3f %% agreement: %d of %d facts in %d packages, %d errors in stubs\n", 100*float64(agreed)/float64(total), agreed, total, len(paths), len(ours.errors))
	if agreed != total || len(ours.errors) > 0 {
		os.Exit(1)
	}
}
