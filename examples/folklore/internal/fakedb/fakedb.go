// Package fakedb is a database/sql driver that has no database: it counts connections, and its queries have a million rows.
package fakedb

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"sync/atomic"
)

// Opened is how many connections were opened.
var Opened atomic.Int64

func init() { sql.Register("fake", fake{}) }

type fake struct{}

func (fake) Open(string) (driver.Conn, error) {
	Opened.Add(1)
	return conn{}, nil
}

type conn struct{}

func (conn) Prepare(string) (driver.Stmt, error) { return stmt{}, nil }
func (conn) Close() error                        { return nil }
func (conn) Begin() (driver.Tx, error)           { return nil, errors.New("fakedb has no transactions") }

type stmt struct{}

func (stmt) Close() error                               { return nil }
func (stmt) NumInput() int                              { return 0 }
func (stmt) Exec([]driver.Value) (driver.Result, error) { return driver.RowsAffected(0), nil }
func (stmt) Query([]driver.Value) (driver.Rows, error)  { return &rows{}, nil }

type rows struct{ n int64 }

func (*rows) Columns() []string { return []string{"n"} }
func (*rows) Close() error      { return nil }
func (r *rows) Next(to []driver.Value) error {
	if r.n == 1_000_000 {
		return io.EOF
	}
	r.n++
	to[0] = r.n
	return nil
}
