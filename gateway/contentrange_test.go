package gateway

import "testing"

func TestContentRange(t *testing.T) {
	unknown, known := count{}, func(n int64) count { return count{n, true} }
	for _, test := range []struct {
		offset, rows int64
		total        count
		status       int
		header       string
	}{
		{0, 0, unknown, 200, "*/*"},
		{0, 3, unknown, 200, "0-2/*"},
		{5, 3, unknown, 200, "5-7/*"},
		{5, 0, unknown, 200, "*/*"},
		{0, 3, known(3), 200, "0-2/3"},
		{0, 3, known(10), 206, "0-2/10"},
		{7, 3, known(10), 206, "7-9/10"},
		{0, 0, known(0), 200, "*/0"},
		{0, 0, known(10), 206, "*/10"}, // limit=0
		{10, 0, known(10), 206, "*/10"},
		{11, 0, known(10), 416, "*/10"},
		{1, 0, known(0), 416, "*/0"},
		{0, 1, known(1), 200, "0-0/1"},
	} {
		if got := rangeStatus(test.offset, known(test.rows), test.total); got != test.status {
			t.Errorf("%+v: status %d", test, got)
		}
		last := test.offset + test.rows - 1
		if got := string(appendContentRange(nil, test.offset, last, test.total)); got != test.header {
			t.Errorf("%+v: Content-Range %s", test, got)
		}
	}
	for total, status := range map[count]int{unknown: 200, known(10): 200, known(4): 416} {
		if got := rangeStatus(5, unknown, total); got != status {
			t.Errorf("rows unknown, total %+v: status %d", total, got)
		}
	}
	if got := string(appendContentRange(nil, 1, 0, known(4))); got != "*/4" {
		t.Errorf("of a write: %s", got)
	}
}
