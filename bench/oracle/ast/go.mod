module stanch.dev/bench/oracle/ast

go 1.21
