package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"reflect"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/appends"
	"golang.org/x/tools/go/analysis/passes/assign"
	"golang.org/x/tools/go/analysis/passes/atomic"
	"golang.org/x/tools/go/analysis/passes/bools"
	"golang.org/x/tools/go/analysis/passes/composite"
	"golang.org/x/tools/go/analysis/passes/copylock"
	"golang.org/x/tools/go/analysis/passes/defers"
	"golang.org/x/tools/go/analysis/passes/errorsas"
	"golang.org/x/tools/go/analysis/passes/hostport"
	"golang.org/x/tools/go/analysis/passes/httpresponse"
	"golang.org/x/tools/go/analysis/passes/ifaceassert"
	"golang.org/x/tools/go/analysis/passes/loopclosure"
	"golang.org/x/tools/go/analysis/passes/lostcancel"
	"golang.org/x/tools/go/analysis/passes/nilfunc"
	"golang.org/x/tools/go/analysis/passes/printf"
	"golang.org/x/tools/go/analysis/passes/shift"
	"golang.org/x/tools/go/analysis/passes/sigchanyzer"
	"golang.org/x/tools/go/analysis/passes/slog"
	"golang.org/x/tools/go/analysis/passes/stdmethods"
	"golang.org/x/tools/go/analysis/passes/stringintconv"
	"golang.org/x/tools/go/analysis/passes/structtag"
	"golang.org/x/tools/go/analysis/passes/testinggoroutine"
	"golang.org/x/tools/go/analysis/passes/tests"
	"golang.org/x/tools/go/analysis/passes/timeformat"
	"golang.org/x/tools/go/analysis/passes/unmarshal"
	"golang.org/x/tools/go/analysis/passes/unreachable"
	"golang.org/x/tools/go/analysis/passes/unsafeptr"
	"golang.org/x/tools/go/analysis/passes/unusedresult"
	"golang.org/x/tools/go/analysis/passes/waitgroup"
)

// Those of cmd/vet that look at Go source alone.
var suite = []*analysis.Analyzer{
	appends.Analyzer, assign.Analyzer, atomic.Analyzer, bools.Analyzer, composite.Analyzer, copylock.Analyzer, defers.Analyzer,
	errorsas.Analyzer, hostport.Analyzer, httpresponse.Analyzer, ifaceassert.Analyzer, loopclosure.Analyzer, lostcancel.Analyzer,
	nilfunc.Analyzer, printf.Analyzer, shift.Analyzer, sigchanyzer.Analyzer, slog.Analyzer, stdmethods.Analyzer,
	stringintconv.Analyzer, structtag.Analyzer, testinggoroutine.Analyzer, tests.Analyzer, timeformat.Analyzer, unmarshal.Analyzer,
	unreachable.Analyzer, unsafeptr.Analyzer, unusedresult.Analyzer, waitgroup.Analyzer,
}

func vet(fset *token.FileSet, files []*ast.File, pkg *types.Package, info *types.Info, sizes types.Sizes, say func(token.Pos, string)) {
	results := map[*analysis.Analyzer]any{}
	objectFacts := map[factKey]analysis.Fact{}
	packageFacts := map[factKey]analysis.Fact{}
	var run func(a *analysis.Analyzer)
	run = func(a *analysis.Analyzer) {
		if _, ran := results[a]; ran {
			return
		}
		for _, r := range a.Requires {
			run(r)
		}
		pass := &analysis.Pass{
			Analyzer: a, Fset: fset, Files: files, Pkg: pkg, TypesInfo: info, TypesSizes: sizes, ResultOf: results,
			Report:   func(d analysis.Diagnostic) { say(d.Pos, a.Name+": "+d.Message) },
			ReadFile: os.ReadFile,
			// Of other packages nothing is known.
			ImportObjectFact: func(o types.Object, f analysis.Fact) bool {
				return copied(objectFacts, factKey{o, nil, reflect.TypeOf(f)}, f)
			},
			ExportObjectFact: func(o types.Object, f analysis.Fact) { objectFacts[factKey{o, nil, reflect.TypeOf(f)}] = f },
			ImportPackageFact: func(p *types.Package, f analysis.Fact) bool {
				return copied(packageFacts, factKey{nil, p, reflect.TypeOf(f)}, f)
			},
			ExportPackageFact: func(f analysis.Fact) { packageFacts[factKey{nil, pkg, reflect.TypeOf(f)}] = f },
			AllObjectFacts:    func() []analysis.ObjectFact { return nil },
			AllPackageFacts:   func() []analysis.PackageFact { return nil },
		}
		results[a] = nil
		// Some do not bear packages that use "C", whose calls have no types here: they say nothing then, before and after.
		defer func() { _ = recover() }()
		result, err := a.Run(pass)
		if err != nil {
			say(token.NoPos, a.Name+": "+err.Error())
		}
		results[a] = result
	}
	for _, a := range suite {
		run(a)
	}
}

type factKey struct {
	object types.Object
	pkg    *types.Package
	kind   reflect.Type
}

func copied(facts map[factKey]analysis.Fact, key factKey, to analysis.Fact) bool {
	f, ok := facts[key]
	if ok {
		reflect.ValueOf(to).Elem().Set(reflect.ValueOf(f).Elem())
	}
	return ok
}
