package process

import "testing"

// TestMemoryIsReturned shows a process after each kind of storm, and one that has only work.
func TestMemoryIsReturned(t *testing.T) {
	const mb = 1 << 20
	for name, looks := range map[string][]struct {
		held, allocated uint64
		want            bool
	}{
		"a storm that is over":            {{20, 50, false}, {120, 900, false}, {120, 901, true}},
		"a storm that goes on":            {{20, 50, false}, {120, 900, false}, {120, 1700, false}, {120, 2500, false}},
		"beside some work":                {{20, 50, false}, {120, 900, false}, {120, 911, true}},
		"beside more work":                {{20, 50, false}, {120, 900, false}, {120, 920, false}},
		"a small one":                     {{20, 50, false}, {27, 90, false}, {27, 90, false}},
		"little beside what is needed":    {{200, 500, false}, {290, 900, false}, {290, 900, false}},
		"much beside what is needed":      {{200, 500, false}, {310, 900, false}, {310, 900, true}},
		"the runtime has returned memory": {{200, 500, false}, {60, 500, false}, {70, 900, false}, {100, 900, true}},
	} {
		var m memory
		for n, look := range looks {
			if got := m.look(look.held*mb, look.allocated*mb); got != look.want {
				t.Errorf("%s: look %d: got %v", name, n+1, got)
			}
		}
	}
}

// TestMemoryIsReturnedAgain returns what becomes free after memory was returned, and ends with that.
func TestMemoryIsReturnedAgain(t *testing.T) {
	const mb = 1 << 20
	var m memory
	m.look(20*mb, 0)
	m.returned(150*mb, 70*mb, 0)
	if m.look(70*mb, 2*mb) {
		t.Error("the process had something to do")
	}
	if !m.look(70*mb, 2*mb) {
		t.Error("nothing was returned a second time")
	}
	m.returned(70*mb, 64*mb, 2*mb)
	if m.look(64*mb, 2*mb) || m.floor != 64*mb {
		t.Errorf("a third time: %+v", m)
	}
}
