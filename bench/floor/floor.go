// Package floor measures the throughput of the database alone. It lets pgbench send the same statements that a server
// sends for some requests, prepared, in pipeline mode and over the same number of connections. A gateway's throughput
// is best stated as a share of this floor. Each of the recorded requests is a script with its own parameters, and each
// transaction runs one of them, chosen at random. There are two floors:
//
//   - The lean floor, which is meant if nothing else is said, consists of the main statements alone, see [Main], on
//     connections that have the request's role, search path and claims as session settings from the start
//     ([Runner.Settings]). Nothing that a server does around its main statement makes it lower.
//   - The full floor consists of everything that the server sends for a request, including the switch of role and
//     settings before the main statement and the cleaning of the connection after it. The switch is the transaction's
//     first statement.
//
// In both, the main statement runs under the role of the request, with its privileges and row-level security.
//
// The differences from the gateway's connections favour the floor or are negligible:
//
//   - The session is a superuser's. pgbench prepares all statements of a pipeline before it executes the first, that is
//     before the switch of role, and so needs the privileges of every role.
//   - Each script has its own prepared statements, so each connection has as many plans as there are scripts.
//   - If a server ends a transaction within a request, as the gateway does before it cleans up after a write, pgbench
//     sends that Sync from version 17 on. Older versions have no command for it and run everything in one transaction.
//   - In the lean floor all connections have the same claims, those of one request.
//   - A NULL parameter is written into the statement.
//   - Rows are received and discarded. There is no HTTP, and no second process that generates load.
package floor

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/bench/proxy"
	"trunkline/bench/stack"
)

// Runner runs pgbench against a database.
type Runner struct {
	// PGBench is the executable, DSN the connection string of a superuser.
	PGBench, DSN string
	Connections  int
	// Settings are session settings of each connection, such as "role".
	Settings map[string]string
	// DatabasePid is the database's first process, or 0 if its processor time is not available.
	DatabasePid int
	// Delay is the delay in each direction to the database. It makes preparing statements slow.
	Delay time.Duration
	// Progress is called every second with the number of transactions. It may be nil.
	Progress func(transactions int64)
}

// Measurement is what one run measured after its warm-up.
type Measurement struct {
	// Rate is the number of transactions per second.
	Rate float64
	// CPU is pgbench's own processor time per transaction, DatabaseCPU the database's.
	CPU, DatabaseCPU time.Duration
}

// Run sends transactions for the given time, after a warm-up. pgbench supports whole seconds only, so both are rounded
// up to at least one. Each transaction is one of the samples, which are the statements of one request each.
func (r *Runner) Run(
	ctx context.Context, samples [][]proxy.Statement, warmup, duration time.Duration,
) (*Measurement, error) {
	dir, err := os.MkdirTemp("", "floor")
	if err != nil {
		return nil, fmt.Errorf("creating a directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	scripts, err := r.scripts(ctx, dir, samples)
	if err != nil {
		return nil, err
	}
	args, environment, err := r.connection()
	if err != nil {
		return nil, err
	}
	threads, preparing := r.prepare(samples)
	warm := seconds(warmup + preparing)
	total := warm + seconds(duration)
	args = append(args, "-n", "-M", "prepared", "-P", "1", "-T", strconv.Itoa(total),
		"-c", strconv.Itoa(r.Connections), "-j", strconv.Itoa(threads))
	for range tries {
		command := exec.CommandContext(ctx, r.PGBench, append(args, scripts...)...)
		command.Env = environment
		m, measured, err := r.watch(command, warm)
		if err != nil || 2*measured > duration {
			return m, err
		}
	}
	return nil, errors.New("pgbench reported its progress too late on every try: the machine is too busy")
}

// tries is how often pgbench is run if it reported the end of its warm-up so late that little was left to measure.
const tries = 5

// prepare returns the number of pgbench's threads, and how long they take to prepare statements. A thread prepares one
// statement after the other, each with a round trip. With a delay, each connection therefore has its own thread.
func (r *Runner) prepare(samples [][]proxy.Statement) (threads int, takes time.Duration) {
	if r.Delay == 0 {
		return min(r.Connections, runtime.NumCPU()), 0
	}
	statements := 0
	for _, s := range samples {
		statements += len(s)
	}
	// Scripts are prepared when they are first run, so the last ones are late.
	const spread = 2
	return r.Connections, spread * time.Duration(statements) * 2 * r.Delay
}

// seconds rounds up to whole seconds, at least one.
func seconds(d time.Duration) int { return max(int((d+time.Second-1)/time.Second), 1) }

// scripts writes a script for each sample and returns pgbench's arguments for the scripts and their variables.
func (r *Runner) scripts(ctx context.Context, dir string, samples [][]proxy.Statement) ([]string, error) {
	major, err := r.major(ctx)
	if err != nil {
		return nil, err
	}
	var args []string
	vars := variables{}
	for i, statements := range samples {
		file := filepath.Join(dir, strconv.Itoa(i)+".sql")
		if err := os.WriteFile(file, []byte(compose(statements, vars, major >= 17)), 0o600); err != nil {
			return nil, fmt.Errorf("writing a script: %w", err)
		}
		args = append(args, "-f", file)
	}
	defines, err := vars.arguments()
	return append(args, defines...), err
}

// major returns pgbench's major version.
func (r *Runner) major(ctx context.Context) (int, error) {
	out, err := exec.CommandContext(ctx, r.PGBench, "--version").Output()
	if err != nil {
		return 0, fmt.Errorf("%s --version: %w", r.PGBench, err)
	}
	return parseMajor(string(out))
}

// watch runs pgbench and reads the processor times at the end of its warm-up and at its end. It also returns how long
// it measured.
func (r *Runner) watch(command *exec.Cmd, warm int) (m *Measurement, measured time.Duration, err error) {
	progress, err := command.StderrPipe()
	if err != nil {
		return nil, 0, fmt.Errorf("reading from pgbench: %w", err)
	}
	var output bytes.Buffer
	command.Stdout = &output
	if err := command.Start(); err != nil {
		return nil, 0, fmt.Errorf("starting pgbench: %w", err)
	}
	w := warming{runner: r, pid: command.Process.Pid, seconds: warm}
	w.follow(progress)
	if err := command.Wait(); err != nil {
		return nil, 0, fmt.Errorf("pgbench: %w\n%s", err, w.messages.String())
	}
	end, err := parseSummary(output.String())
	if err != nil {
		return nil, 0, err
	}
	cpu := command.ProcessState.UserTime() + command.ProcessState.SystemTime() - w.cpu
	databaseCPU := stack.UsageOf(r.DatabasePid).CPU - w.databaseCPU
	count := max(float64(end.transactions)-w.transactions, 1)
	each := func(d time.Duration) time.Duration { return time.Duration(float64(max(d, 0)) / count) }
	measured = end.elapsed - w.elapsed
	return &Measurement{Rate: count / measured.Seconds(), CPU: each(cpu), DatabaseCPU: each(databaseCPU)}, measured, nil
}

// warming is what had been used and done by the end of the warm-up.
type warming struct {
	runner           *Runner
	pid, seconds     int
	messages         bytes.Buffer // pgbench's output other than its progress
	transactions     float64
	elapsed          time.Duration
	cpu, databaseCPU time.Duration
}

// follow reads pgbench's progress until it ends.
func (w *warming) follow(progress io.Reader) {
	lines := bufio.NewScanner(progress)
	lines.Buffer(nil, 1<<20)
	var last time.Duration
	for seen := 1; lines.Scan(); {
		at, rate, ok := parseProgress(lines.Text())
		if !ok {
			w.messages.WriteString(lines.Text() + "\n")
			continue
		}
		count := rate * (at - last).Seconds()
		last = at
		if w.runner.Progress != nil {
			w.runner.Progress(int64(count))
		}
		if seen <= w.seconds {
			w.transactions, w.elapsed = w.transactions+count, at
			w.cpu, w.databaseCPU = stack.UsageOf(w.pid).CPU, stack.UsageOf(w.runner.DatabasePid).CPU
		}
		seen++
	}
	_, _ = io.Copy(io.Discard, progress) // beyond a line that is too long
}

func (r *Runner) connection() (args, environment []string, err error) {
	config, err := pgx.ParseConfig(r.DSN)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the connection string: %w", err)
	}
	args = []string{
		"-h", config.Host, "-p", strconv.Itoa(int(config.Port)), "-U", config.User, config.Database,
	}
	// pgbench requires its database last; options may follow it.
	return args, append(os.Environ(), "PGPASSWORD="+config.Password, "PGOPTIONS="+r.options()), nil
}

// options returns the settings as command-line options of the server, which libpq passes on (PostgreSQL manual,
// 34.1.2).
func (r *Runner) options() string {
	escape := strings.NewReplacer(`\`, `\\`, " ", `\ `, "\n", "\\\n", "\t", "\\\t")
	var words []string
	for _, name := range slices.Sorted(maps.Keys(r.Settings)) {
		words = append(words, "-c", escape.Replace(name+"="+r.Settings[name]))
	}
	return strings.Join(words, " ")
}
