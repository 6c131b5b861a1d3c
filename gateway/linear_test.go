package gateway

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
	"trunkline/gateway/idempotency"
)

var histories = flag.Int("histories", 4, "how many histories of concurrent conditional and repeated writes are checked")

// cellWorld has numbers that are read, replaced if they are as they were read, and added to once for each key.
const cellWorld = `
	create table api.cells (id int primary key, n int not null);
	create function api.add(cell int, amount int) returns int language sql volatile as
		$$ update api.cells set n = n + amount where id = cell returning n $$;
	grant all on api.cells to visitor`

// cellInput is an operation on a cell.
type cellInput struct {
	cell int
	kind string // "read", "replace" or "add"
	// from is what replace expects, value what it writes or what add adds, key that of add.
	from, value int
	key         string
}

// cellOutput is what an operation answered.
type cellOutput struct {
	outcome cellOutcome
	value   int    // the number behind it, or the one that was read
	why     string // it has no value
}

// cellOutcome is what is known of an operation.
type cellOutcome string

const (
	done    cellOutcome = "done" // or the answer of an earlier one was repeated
	differs cellOutcome = "the number is another one"
	unknown cellOutcome = "it may be done or not"
	nothing cellOutcome = "it was not done"
)

// cellState is a number, and the answers that are kept for keys: "5 a=3 b=5".
type cellState string

// cellModel describes what cells may answer.
func cellModel() porcupine.Model {
	m := porcupine.NondeterministicModel{
		Partition: func(history []porcupine.Operation) (parts [][]porcupine.Operation) {
			parts = make([][]porcupine.Operation, 2)
			for _, o := range history {
				cell := o.Input.(cellInput).cell
				parts[cell] = append(parts[cell], o)
			}
			return parts
		},
		Init: func() []any { return []any{cellState("0")} },
		Step: func(state, input, output any) []any {
			in, out := input.(cellInput), output.(cellOutput)
			next, does, value := in.apply(state.(cellState))
			switch {
			case out.outcome == unknown:
				return []any{state, next}
			case out.outcome == nothing, out.outcome == differs && !does:
				return []any{state}
			case out.outcome == done && does && out.value == value:
				return []any{next}
			}
			return nil
		},
		DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v: %+v", input, output) },
	}
	return m.ToModel()
}

// apply returns the state behind an operation, whether it is done, which a replace is not if the number is another one,
// and its value.
func (in *cellInput) apply(s cellState) (next cellState, does bool, value int) {
	text, keys, _ := strings.Cut(string(s), " ")
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	kept := strings.Fields(keys)
	switch in.kind {
	case "read":
		return s, true, n
	case "replace":
		if n != in.from {
			return s, false, 0
		}
		return cellState(strings.Join(append([]string{strconv.Itoa(in.value)}, kept...), " ")), true, in.value
	}
	for _, k := range kept {
		if answer, ok := strings.CutPrefix(k, in.key+"="); ok {
			value, err = strconv.Atoi(answer)
			if err != nil {
				panic(err)
			}
			return s, true, value
		}
	}
	n += in.value
	kept = append(kept, fmt.Sprintf("%s=%d", in.key, n))
	slices.Sort(kept)
	return cellState(strings.Join(append([]string{strconv.Itoa(n)}, kept...), " ")), true, n
}

// TestHistoriesAreLinearizable lets clients of two gateways read and write at random, while connections to the database
// are ended and clients go away, and compares what they were answered with every order in which it could have happened one
// by one. A write that was answered with 503 must not have been executed, and one with a key only once.
func TestHistoriesAreLinearizable(t *testing.T) {
	m := newMoving(t, `db-etag = "on-request"`, "db-idempotency = true")
	m.sql(cellWorld)
	if err := idempotency.Install(t.Context(), m.db); err != nil {
		t.Fatal(err)
	}
	m.load()
	db := &fixture{dsn: m.db.Config().ConnString()}
	cfg := db.config(t, `db-etag = "on-request"`, "db-idempotency = true")
	urls := []string{"http://" + m.conn.RemoteAddr().String(), "http://" + start(t, db.handler(t, cfg, discard{}), cfg)}
	killer := pgtest.Conn(t, db.dsn)
	answered, total := 0, 0
	for round := range *histories {
		first, seed := 2*round, rand.Uint64() // others each time: what clients have left may be executed later
		m.sql(fmt.Sprintf("insert into api.cells values (%d, 0), (%d, 0)", first, first+1))
		history := recordHistory(t, urls, killer, first, seed)
		if !porcupine.CheckOperations(cellModel(), history) {
			for _, o := range history {
				t.Logf("client %d, %d to %d: %+v: %+v", o.ClientId, o.Call, o.Return, o.Input, o.Output)
			}
			t.Fatalf("history %d, seed %d, is not linearizable", round, seed)
		}
		total += len(history)
		for _, o := range history {
			if o.Output.(cellOutput).outcome == done {
				answered++
			}
		}
	}
	t.Logf("%d histories, %d operations, %d of them done", *histories, total, answered)
	if answered == 0 {
		t.Error("nothing was done")
	}
}

// recordHistory runs clients on two cells, of which one is given and the other one is next, and returns what they did.
func recordHistory(t *testing.T, urls []string, killer *pgx.Conn, first int, seed uint64) []porcupine.Operation {
	t.Helper()
	const clients, operations = 5, 12
	began := time.Now()
	stop := make(chan struct{})
	var wait, killing sync.WaitGroup
	killing.Go(func() { endConnections(t, killer, seed, stop) })
	parts := make([][]porcupine.Operation, clients)
	for c := range clients {
		wait.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(c)))
			client := cellClient{t: t, url: urls[c%len(urls)], first: first, r: r}
			for range operations {
				o := porcupine.Operation{ClientId: c, Call: int64(time.Since(began))}
				o.Input, o.Output = client.operate()
				if o.Return = int64(time.Since(began)); o.Output.(cellOutput).outcome == unknown {
					o.Return = int64(time.Hour) // it may be executed later
					o.ClientId = clients + c*operations + len(parts[c])
				}
				parts[c] = append(parts[c], o)
			}
		})
	}
	wait.Wait()
	close(stop)
	killing.Wait()
	return slices.Concat(parts...)
}

// endConnections ends connections of the gateways at random, by another one.
func endConnections(t *testing.T, conn *pgx.Conn, seed uint64, stop chan struct{}) {
	r := rand.New(rand.NewPCG(seed, 1000))
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(10+r.IntN(100)) * time.Millisecond):
		}
		if _, err := conn.Exec(t.Context(), `select pg_terminate_backend(pid) from pg_stat_activity
			where usename = 'gatekeeper' and datname = current_database() order by random() limit 1`); err != nil {
			t.Error(err)
			return
		}
	}
}

// cellClient sends operations.
type cellClient struct {
	t     *testing.T
	url   string
	first int // the key of the first cell
	r     *rand.Rand
	seen  [2]int
	tags  [2]string
}

// operate executes a random operation.
func (c *cellClient) operate() (in cellInput, out cellOutput) {
	in = cellInput{cell: c.r.IntN(2)}
	ctx := context.WithoutCancel(c.t.Context())
	if c.r.IntN(8) == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(c.r.IntN(20))*time.Millisecond)
		defer cancel()
	}
	id := c.first + in.cell
	row := fmt.Sprintf("%s/cells?id=eq.%d&select=n", c.url, id)
	switch kind := c.r.IntN(3); {
	case kind == 0 || kind == 1 && c.tags[in.cell] == "":
		in.kind = "read"
		a, err := askURL(ctx, row, "GET", "", "Prefer: etag")
		var rows []struct{ N int }
		if err != nil || a.status != 200 || json.Unmarshal([]byte(a.body), &rows) != nil || len(rows) != 1 {
			return in, c.failed(a, err)
		}
		c.seen[in.cell], c.tags[in.cell] = rows[0].N, a.header.Get("ETag")
		return in, cellOutput{outcome: done, value: rows[0].N}
	case kind == 1:
		in.kind, in.from, in.value = "replace", c.seen[in.cell], 1+c.r.IntN(1_000_000)
		method, body := "PATCH", fmt.Sprintf(`{"n": %d}`, in.value)
		if c.r.IntN(2) == 0 {
			method, body = "PUT", fmt.Sprintf(`{"id": %d, "n": %d}`, id, in.value)
		}
		a, err := askURL(ctx, row, method, body, "If-Match: "+c.tags[in.cell])
		switch {
		case err == nil && a.status == 204:
			return in, cellOutput{outcome: done, value: in.value}
		case err == nil && a.status == 412:
			return in, cellOutput{outcome: differs}
		}
		return in, c.failed(a, err)
	default:
		in.kind, in.value, in.key = "add", 1, fmt.Sprint("k", c.r.IntN(5))
		a, err := askURL(ctx, c.url+"/rpc/add", "POST", fmt.Sprintf(`{"cell": %d, "amount": 1}`, id), fmt.Sprintf("Idempotency-Key: %d-%s", id, in.key))
		value, problem := strconv.Atoi(a.body)
		if err == nil && a.status == 200 && problem == nil {
			return in, cellOutput{outcome: done, value: value}
		}
		return in, c.failed(a, err)
	}
}

// failed returns the output of an operation without a result. One that was refused, or undone, has no effect.
func (c *cellClient) failed(a answered, err error) cellOutput {
	switch {
	case err != nil, a.status == 500 && strings.Contains(a.body, "TRUNK500"):
		return cellOutput{outcome: unknown, why: fmt.Sprint(a.body, err)}
	case a.status != 409 && a.status != 503:
		c.t.Errorf("status %d: %s", a.status, a.body)
	}
	return cellOutput{outcome: nothing, why: a.body}
}
