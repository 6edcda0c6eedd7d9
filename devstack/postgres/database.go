package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// maintenance is the database that exists from the start.
const maintenance = "postgres"

// SQLSTATE codes, PostgreSQL manual, appendix A.
const (
	duplicateDatabase = "42P04"
	uniqueViolation   = "23505" // two that created it at once
	invalidPassword   = "28P01"
)

// CreateDatabase makes the database unless it exists.
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	err := s.Exec(ctx, maintenance, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	if code := sqlState(err); code == duplicateDatabase || code == uniqueViolation {
		return nil
	}
	return err
}

// Exec runs one statement without parameters, on a connection of its own.
func (s *Server) Exec(ctx context.Context, database, sql string) error {
	conn, err := pgx.Connect(ctx, s.URL(database))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, sql)
	return err
}

func (s *Server) checkPassword(ctx context.Context) error {
	err := s.Exec(ctx, maintenance, "SELECT 1")
	if sqlState(err) == invalidPassword {
		return fmt.Errorf("the data in %s were made with another password: give that one, or remove the directory to start afresh", s.home.data)
	}
	return err
}

func sqlState(err error) string {
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// summarise takes from the output of PostgreSQL's programs what the last
// failure was; they say more than fits a sentence.
func summarise(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for _, line := range slices.Backward(lines) {
		for _, severity := range []string{"FATAL: ", "PANIC: ", "error: "} {
			if _, reason, ok := strings.Cut(line, severity); ok {
				return strings.TrimSpace(reason)
			}
		}
	}
	return strings.TrimSpace(lines[len(lines)-1])
}
