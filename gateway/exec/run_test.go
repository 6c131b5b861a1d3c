package exec

import (
	"testing"
)

func TestRead(t *testing.T) {
	d := newDatabase(t)
	for name, change := range map[string]func(*Options){"prepared": func(*Options) {}, "unnamed": unprepared} {
		t.Run(name, func(t *testing.T) {
			p := newPool(t, d.config, change)
			for range 3 {
				equal(t, "body", mustRun(t, p, names("7")), "item 7")
			}
			mustFail(t, p, read(mainOf("'x'", "nowhere")), "42P01")
			equal(t, "body", mustRun(t, p, names("8")), "item 8")
		})
	}
}
