package e2e

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// confine has the gateway run in a control group with little memory, and refuse bodies that are larger than 8 MiB.
func (d *deployment) confine() {
	d.t.Helper()
	d.group = newControlGroup(d.t)
	d.group.limitMemory(64 << 20)
	d.environ = append(d.environ, "PGRST_SERVER_MAX_BODY_SIZE=8388608")
}

// memoryFaults are those of a gateway that has little memory.
func memoryFaults() []*fault {
	return []*fault{{
		name: "memory exhausted", part: "clients", long: true, answers: []string{"503 TRUNK503", "504 PGRST003"}, lasts: 10 * time.Second,
		begin: func(d *deployment) { d.burden(48) },
		end:   func(d *deployment) { d.leave() },
	}}
}

// burden has a number of clients send large bodies and read large answers, until leave is called. That checks that each
// kind of request was answered, and that no process was killed.
func (d *deployment) burden(n int) {
	ctx, cancel := context.WithCancel(d.t.Context())
	kinds := burdens()
	served := make([]atomic.Int64, len(kinds))
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			for k := i; ctx.Err() == nil; k++ {
				if b := kinds[k%len(kinds)]; b.send(ctx, d) {
					served[k%len(kinds)].Add(1)
				}
			}
		})
	}
	d.leave = func() {
		for i, b := range kinds {
			d.gateway.eventually("answered: "+b.name, func() bool { return served[i].Load() > 0 })
		}
		cancel()
		group.Wait()
		for i, b := range kinds {
			d.t.Logf("%s: %d answered with %d", b.name, served[i].Load(), b.status)
		}
		if n := d.group.killed(); n != 0 {
			d.t.Errorf("%d processes were killed", n)
		}
	}
}

// burden is a request that takes memory. It changes nothing.
type burden struct {
	name, method, path string
	body               int // its size
	status, size       int // of the answer
}

func burdens() []burden {
	return []burden{
		{name: "large bodies", method: http.MethodPost, path: "/films", body: 6 << 20, status: http.StatusConflict},
		{name: "larger bodies than allowed", method: http.MethodPost, path: "/films", body: 9 << 20, status: http.StatusRequestEntityTooLarge},
		{name: "large answers", method: http.MethodGet, path: letters(large), status: http.StatusOK, size: large},
	}
}

// send sends the request and reports whether the answer is its own. Others are checked: a client may be refused.
func (b *burden) send(ctx context.Context, d *deployment) bool {
	// Film 1 exists: the body is sent to the database, which refuses it.
	body := ""
	if b.body > 0 {
		body = `{"id":1,"title":"` + strings.Repeat("x", b.body) + `"}`
	}
	request, err := http.NewRequestWithContext(ctx, b.method, d.gateway.url+b.path, strings.NewReader(body))
	if err != nil {
		d.t.Error(err)
		return false
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := d.gateway.client.Do(request)
	if err != nil {
		return false // the connection was closed while the body was being sent
	}
	defer response.Body.Close()
	n, err := io.Copy(io.Discard, response.Body)
	if err != nil {
		return false
	}
	if !slices.Contains([]int{b.status, http.StatusServiceUnavailable, http.StatusGatewayTimeout}, response.StatusCode) {
		d.t.Errorf("%s: %d", b.name, response.StatusCode)
	}
	return response.StatusCode == b.status && (b.size == 0 || int(n) == b.size)
}
