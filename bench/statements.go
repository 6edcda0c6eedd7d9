package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// resetStatements begins to count anew.
func (p *product) resetStatements(ctx context.Context) error {
	if !p.bench.Statements {
		return nil
	}
	return p.query(ctx, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements", "SELECT pg_stat_statements_reset()")
}

// printStatements prints the most expensive statements of all databases.
func (p *product) printStatements(ctx context.Context) error {
	if !p.bench.Statements {
		return nil
	}
	connection, err := pgx.Connect(ctx, p.postgres.URL("bench"))
	if err != nil {
		return err
	}
	defer connection.Close(ctx)
	rows, err := connection.Query(ctx, `SELECT d.datname, s.query, s.calls, s.total_exec_time, s.rows
		FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid ORDER BY s.total_exec_time DESC LIMIT 25`)
	if err != nil {
		return err
	}
	type cost struct {
		Database, Text string
		Calls          int64
		Spent          float64
		Rows           int64
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[cost])
	fmt.Println("\n      ms   calls    rows  statement")
	for _, c := range list {
		fmt.Printf("%8.0f %7d %7d  %s: %.120s\n", c.Spent, c.Calls, c.Rows, c.Database, strings.Join(strings.Fields(c.Text), " "))
	}
	fmt.Println()
	return err
}

func (p *product) query(ctx context.Context, statements ...string) error {
	connection, err := pgx.Connect(ctx, p.postgres.URL("bench"))
	if err != nil {
		return err
	}
	defer connection.Close(ctx)
	for _, s := range statements {
		if _, err := connection.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
