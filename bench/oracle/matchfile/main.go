// Command matchfile says, for every .go file below the folders named, whether go/build would take it and which package and
// imports go/parser reads in its head. One line of JSON per file; the peer of bench/header-oracle.ts.
package main

import (
	"bufio"
	"encoding/json"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

type verdict struct {
	File    string
	Match   bool
	Error   bool
	Parsed  bool
	Name    string
	Imports []string
}

func main() {
	ctx := build.Default
	ctx.CgoEnabled = true
	ctx.BuildTags = []string{"extra"}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	enc := json.NewEncoder(out)
	for _, root := range os.Args[1:] {
		filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || !strings.HasSuffix(path, ".go") {
				return nil
			}
			v := verdict{File: path, Imports: []string{}}
			dir, name := filepath.Split(path)
			v.Match, err = ctx.MatchFile(dir, name)
			v.Error = err != nil
			if f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly); err == nil {
				v.Parsed, v.Name = true, f.Name.Name
				for _, i := range f.Imports {
					p, _ := strconv.Unquote(i.Path.Value)
					v.Imports = append(v.Imports, p)
				}
			}
			return enc.Encode(v)
		})
	}
}
