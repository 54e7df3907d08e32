// Command parsebench times go/parser on a set of files, one round per line of standard input.
//
// The first argument names a file that lists Go files, one a line. They are read into memory first. For every line read
// it parses all of them once, walks each tree, and prints the nanoseconds it took and the number of nodes.
package main

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"time"
)

func main() {
	list, err := os.ReadFile(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	var sources [][]byte
	for _, name := range strings.Fields(string(list)) {
		src, err := os.ReadFile(name)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		sources = append(sources, src)
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		nodes := 0
		start := time.Now()
		for _, src := range sources {
			fset := token.NewFileSet()
			f, _ := parser.ParseFile(fset, "", src, parser.ParseComments|parser.SkipObjectResolution)
			ast.Inspect(f, func(n ast.Node) bool {
				if n != nil {
					nodes++
				}
				return true
			})
		}
		fmt.Println(time.Since(start).Nanoseconds(), nodes)
	}
}
