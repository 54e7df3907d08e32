// Package sqlx is the shape of github.com/jmoiron/sqlx, written by hand.
package sqlx

import "database/sql"

type DB struct{ *sql.DB }

func (db *DB) Queryx(query string, args ...any) (*Rows, error)

type Rows struct{ *sql.Rows }

func (r *Rows) SliceScan() ([]any, error)
func (r *Rows) StructScan(dest any) error
