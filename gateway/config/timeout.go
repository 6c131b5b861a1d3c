package config

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// sessionTimeout reads the statement timeout that a new session has, 0 for none.
func sessionTimeout(ctx context.Context, conn *pgx.Conn) (time.Duration, error) {
	var milliseconds int64
	err := conn.QueryRow(ctx, `SELECT reset_val::pg_catalog.int8 FROM pg_catalog.pg_settings
		WHERE name OPERATOR(pg_catalog.=) 'statement_timeout'`, pgx.QueryExecModeExec).Scan(&milliseconds)
	if err != nil {
		return 0, fmt.Errorf("reading the statement timeout: %w", err)
	}
	return time.Duration(milliseconds) * time.Millisecond, nil
}

// ParseTimeout reads a value of statement_timeout (PostgreSQL manual, Parameter Names and Values): a number of
// milliseconds, or one with a unit. It is rounded to milliseconds, as PostgreSQL does.
func ParseTimeout(value string) (timeout time.Duration, ok bool) {
	value = strings.Trim(value, " \t\n\r\f\v")
	end := len(value)
	for end > 0 && (value[end-1] < '0' || value[end-1] > '9') && value[end-1] != '.' {
		end--
	}
	unit := time.Millisecond
	switch strings.TrimSpace(value[end:]) {
	case "", "ms":
	case "us":
		unit = time.Microsecond
	case "s":
		unit = time.Second
	case "min":
		unit = time.Minute
	case "h":
		unit = time.Hour
	case "d":
		unit = 24 * time.Hour
	default:
		return 0, false
	}
	number, err := strconv.ParseFloat(value[:end], 64)
	milliseconds := math.RoundToEven(number * float64(unit) / float64(time.Millisecond))
	if err != nil || milliseconds < 0 || milliseconds > math.MaxInt32 {
		return 0, false
	}
	return time.Duration(milliseconds) * time.Millisecond, true
}
