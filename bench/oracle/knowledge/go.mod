// The versions at which bench/knowledge-oracle.ts holds the tables of src/go/knowledge against the modules' sources.
module oracle

go 1.26
