// A shop front. Prices come over a transport that is made for each call; stock comes over a shared client, and an answer that is not
// 200 is left unread. Each leaves a connection behind, the connections take the descriptors, and the database pool beside them, which
// renews its connections now and then, gets none any more.
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
	client = &http.Client{Timeout: 10 * time.Minute}
	db     *sql.DB
)

func price(w http.ResponseWriter, r *http.Request) {
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{}}
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
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("stock says %s", resp.Status)
	}
	defer resp.Body.Close()
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

// order is the victim: nothing is wrong with it.
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
