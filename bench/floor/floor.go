// Package floor measures what the database alone can do: it has pgbench send the very statements that a server sends
// for a request, in pipeline mode and over the same number of connections.
// What a gateway reaches is best stated as a share of this floor.
package floor

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/bench/proxy"
)

// Runner runs pgbench against a database.
type Runner struct {
	// PGBench is the executable, DSN the connection string.
	PGBench, DSN string
	Connections  int
}

// Run sends one transaction made of the statements again and again and returns the transactions in a second.
func (r *Runner) Run(ctx context.Context, statements []proxy.Statement, duration time.Duration) (float64, error) {
	script, defines := compose(statements)
	dir, err := os.MkdirTemp("", "floor")
	if err != nil {
		return 0, fmt.Errorf("making a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "floor.sql")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		return 0, fmt.Errorf("writing the script: %w", err)
	}
	args, environment, err := r.connection()
	if err != nil {
		return 0, err
	}
	args = append(args, "-n", "-M", "prepared", "-f", file,
		"-c", strconv.Itoa(r.Connections), "-j", "1", "-T", strconv.Itoa(max(int(duration.Seconds()), 1)))
	for name, value := range defines {
		args = append(args, "-D", name+"="+value)
	}
	command := exec.CommandContext(ctx, r.PGBench, args...) //nolint:gosec // found by the suite
	command.Env = environment
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Run(); err != nil {
		return 0, fmt.Errorf("pgbench: %w\n%s", err, output.String())
	}
	return parseRate(output.String())
}

func (r *Runner) connection() (args, environment []string, err error) {
	config, err := pgx.ParseConfig(r.DSN)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the connection string: %w", err)
	}
	args = []string{
		"-h", config.Host, "-p", strconv.Itoa(int(config.Port)), "-U", config.User, config.Database,
	}
	// pgbench wants its database last; options may follow it.
	return args, append(os.Environ(), "PGPASSWORD="+config.Password), nil
}

var (
	rate      = regexp.MustCompile(`tps = ([0-9.]+) \(without`) //nolint:gochecknoglobals // compiled once
	parameter = regexp.MustCompile(`\$(\d+)`)                   //nolint:gochecknoglobals // compiled once
)

func parseRate(output string) (float64, error) {
	found := rate.FindStringSubmatch(output)
	if found == nil {
		return 0, fmt.Errorf("pgbench printed no rate:\n%s", output)
	}
	return strconv.ParseFloat(found[1], 64) //nolint:wrapcheck // digits by the pattern
}

// compose writes a script whose statements take their parameters from variables. A colon that is no cast would be
// read as a variable, so none may be left in constant text; the statements of the gateway have none.
func compose(statements []proxy.Statement) (script string, defines map[string]string) {
	defines = map[string]string{}
	var b strings.Builder
	b.WriteString("\\startpipeline\n")
	for i, s := range statements {
		text := parameter.ReplaceAllStringFunc(s.SQL, func(found string) string {
			n, _ := strconv.Atoi(found[1:])
			name := fmt.Sprintf("s%dp%d", i, n)
			if n > len(s.Params) || s.Params[n-1] == nil {
				return "NULL"
			}
			defines[name] = string(s.Params[n-1])
			return ":" + name
		})
		b.WriteString(strings.ReplaceAll(text, "\n", " "))
		b.WriteString(";\n")
	}
	b.WriteString("\\endpipeline\n")
	return b.String(), defines
}
