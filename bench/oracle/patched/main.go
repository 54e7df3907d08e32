// Command patched tells what Go's type checker and go vet's analyses say of packages as they are, and with some of their files
// changed. Nothing is compiled: what they import is typed from its source, without function bodies. So it takes seconds where go build
// takes as many minutes; what it cannot see is what vet learns of packages from facts of others.
//
//	patched -C MODULE -after FOLDER [-test] PATTERNS
//
// FOLDER is a tree of the files that are changed. Prints a JSON object a package: {"path", "dir", "sound", "before": […], "after": […]};
// "sound": as it was it has no type error.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

type listed struct {
	Dir, ImportPath, ForTest string
	GoFiles, CgoFiles        []string
	ImportMap                map[string]string
	DepOnly, Standard        bool
	Module                   *struct{ GoVersion string }
	Error                    *struct{ Err string }
}

type result struct {
	Path   string   `json:"path"`
	Dir    string   `json:"dir"`
	Sound  bool     `json:"sound"`
	Before []string `json:"before"`
	After  []string `json:"after"`
}

func main() {
	dir := flag.String("C", ".", "the module")
	after := flag.String("after", "", "the changed files")
	tests := flag.Bool("test", false, "with tests")
	flag.Parse()
	root, err := filepath.Abs(*dir)
	check(err)
	changed, err := filepath.Abs(*after)
	check(err)
	fset := token.NewFileSet()
	done := map[string]*types.Package{"unsafe": types.Unsafe}
	out := json.NewEncoder(os.Stdout)
	for _, p := range list(root, *tests, flag.Args()) {
		if p.ImportPath == "unsafe" || strings.HasSuffix(p.ImportPath, ".test") {
			continue
		}
		// With its tests a package is listed twice; a dependency of them may be of them as well.
		if p.DepOnly || p.Standard {
			done[p.ImportPath], _, _ = typed(fset, p, done, nil, true)
			continue
		}
		asItWas := func(path string) string { return path }
		asItIs := func(path string) string {
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return path
			}
			if other := filepath.Join(changed, rel); exists(other) {
				return other
			}
			return path
		}
		pkg, sound, before := typed(fset, p, done, asItWas, false)
		_, _, now := typed(fset, p, done, asItIs, false)
		done[p.ImportPath] = pkg
		check(out.Encode(result{p.ImportPath, p.Dir, sound, before, now}))
	}
}

// Dependencies come before who imports them.
func list(dir string, tests bool, patterns []string) []*listed {
	fields := "-json=Dir,ImportPath,ForTest,GoFiles,CgoFiles,ImportMap,DepOnly,Standard,Module,Error"
	args := []string{"list", "-e", "-deps", fields}
	if tests {
		args = append(args, "-test")
	}
	cmd := exec.Command("go", append(args, patterns...)...)
	cmd.Dir = dir
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
	return pkgs
}

// What is wrong with it: nothing is asked of dependencies.
func typed(fset *token.FileSet, p *listed, done map[string]*types.Package, place func(string) string, isDep bool) (*types.Package, bool, []string) {
	complaints := []string{}
	say := func(pos token.Pos, text string) {
		at := fset.Position(pos)
		complaints = append(complaints, fmt.Sprintf("%s:%d: %s", filepath.Base(at.Filename), at.Line, text))
	}
	var files []*ast.File
	for _, name := range append(append([]string{}, p.GoFiles...), p.CgoFiles...) {
		path := name
		if !filepath.IsAbs(name) {
			path = filepath.Join(p.Dir, name)
		}
		from := path
		if place != nil {
			from = place(path)
		}
		src, err := os.ReadFile(from)
		check(err)
		// Under its own name: imports that fail are told once for each folder.
		f, err := parser.ParseFile(fset, path, src, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil && !isDep {
			complaints = append(complaints, err.Error())
		}
		if f != nil {
			files = append(files, f)
		}
	}
	info := &types.Info{}
	if !isDep {
		info = &types.Info{
			Types:        map[ast.Expr]types.TypeAndValue{},
			Instances:    map[*ast.Ident]types.Instance{},
			Defs:         map[*ast.Ident]types.Object{},
			Uses:         map[*ast.Ident]types.Object{},
			Implicits:    map[ast.Node]types.Object{},
			Selections:   map[*ast.SelectorExpr]*types.Selection{},
			Scopes:       map[ast.Node]*types.Scope{},
			FileVersions: map[*ast.File]string{},
		}
	}
	conf := types.Config{
		IgnoreFuncBodies: isDep,
		FakeImportC:      true,
		Sizes:            types.SizesFor("gc", "amd64"),
		Error: func(err error) {
			if e, ok := err.(types.Error); ok && !isDep {
				say(e.Pos, e.Msg)
			}
		},
		Importer: importer(func(path string) (*types.Package, error) {
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
	path, _, _ := strings.Cut(p.ImportPath, " ")
	pkg, _ := conf.Check(path, fset, files, info)
	sound := len(complaints) == 0
	if !isDep && sound {
		vet(fset, files, pkg, info, conf.Sizes, say)
	}
	return pkg, sound, complaints
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

type importer func(path string) (*types.Package, error)

func (f importer) Import(path string) (*types.Package, error) { return f(path) }

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}
