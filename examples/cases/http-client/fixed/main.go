// The shop front, mended: one client with one transport for everything, and every answer is read and closed.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log"
	"net/http"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"example.com/stanch-examples/cases/internal/limits"
	"example.com/stanch-examples/cases/internal/private"
	"example.com/stanch-examples/internal/serve"
)

var (
	prices = serve.Backend(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "42") })
	stock  = serve.Backend(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintln(w, "no such article")
		w.(http.Flusher).Flush()
	})
	client = &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{MaxIdleConns: 500, MaxIdleConnsPerHost: 200, IdleConnTimeout: 90 * time.Second},
	}
	db *sql.DB
)

func price(w http.ResponseWriter, r *http.Request) {
	resp, err := client.Get(prices)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	io.Copy(w, resp.Body)
}

func inStock(article string) (string, error) {
	resp, err := client.Get(stock + "/" + article)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
		return "", fmt.Errorf("stock says %s", resp.Status)
	}
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

func article(w http.ResponseWriter, r *http.Request) {
	text, err := inStock("7")
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	fmt.Fprintln(w, text)
}

// order is as it was.
func order(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	var id int
	if err := db.QueryRowContext(ctx, "select 1").Scan(&id); err != nil {
		log.Print("order: ", err)
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, id)
}

func main() {
	limits.Descriptors(1200)
	var err error
	if db, err = sql.Open("pgx", private.Postgres()); err != nil {
		log.Fatal(err)
	}
	db.SetMaxOpenConns(4)
	db.SetConnMaxLifetime(2 * time.Second)
	http.HandleFunc("/price", price)
	http.HandleFunc("/article", article)
	http.HandleFunc("/order", order)
	serve.Main(serve.Load{PerSecond: 15, Patience: 2 * time.Second, Paths: []string{"/price", "/article", "/order"}})
}
