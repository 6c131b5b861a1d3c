package request

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"trunkline/planner/apierr"
	"trunkline/planner/jsontext"
)

// blowUps are short bodies that are converted to much more.
func blowUps(size int) map[string]struct {
	media MediaKind
	body  []byte
} {
	half := size / 2
	var keys bytes.Buffer
	for i := 0; keys.Len() < size; i++ {
		fmt.Fprintf(&keys, `,"%x":0`, i)
	}
	name := strings.Repeat("x", 63)
	return map[string]struct {
		media MediaKind
		body  []byte
	}{
		"rows of CSV":        {MediaCSV, []byte(name + "\n" + strings.Repeat("1\n", half/2))},
		"columns of CSV":     {MediaCSV, []byte(strings.Repeat("a,", half) + "\n1")},
		"fields of CSV":      {MediaCSV, []byte("a\n" + strings.Repeat("1,", half))},
		"control characters": {MediaCSV, []byte("a\n" + strings.Repeat("\x01", size))},
		"fields of a form":   {MediaForm, bytes.Repeat([]byte("a&"), half)},
		"keys of a form":     {MediaForm, []byte(strings.ReplaceAll(strings.ReplaceAll(keys.String(), `,"`, "&"), `":0`, "=0"))},
		"keys of JSON":       {MediaJSON, []byte("{" + keys.String()[1:] + "}")},
		"keys of rows":       {MediaJSON, []byte("[{" + keys.String()[1:] + "}]")},
	}
}

// TestConversionIsReserved compares the memory that conversions allocate with what they reserve. What is allocated
// counts in full, although much of it is free again before the next is allocated.
func TestConversionIsReserved(t *testing.T) {
	const size = 1 << 14
	for name, test := range blowUps(size) {
		for _, call := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, call %t", name, call), func(t *testing.T) {
				reserved := 0
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, _, err := parsePayload(test.body, MediaType{Kind: test.media}, call, func(n int) *apierr.Error {
					reserved += n
					return nil
				})
				runtime.ReadMemStats(&after)
				if err != nil {
					t.Fatal(err)
				}
				if allocated := int(after.TotalAlloc - before.TotalAlloc); allocated > 3*(reserved+len(test.body)) {
					t.Errorf("%d bytes are converted with %d, of which %d are reserved", len(test.body), allocated, reserved)
				}
			})
		}
	}
}

// TestConversionIsRefused has no memory for conversions: they end before they have allocated much.
func TestConversionIsRefused(t *testing.T) {
	const size = 1 << 20
	refusal := apierr.Overloaded("memory", 1)
	for name, test := range blowUps(size) {
		if name == "fields of CSV" { // those beyond the header's are dropped
			continue
		}
		t.Run(name, func(t *testing.T) {
			left := 3 * size // what a conversion may take without being refused
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _, err := parsePayload(test.body, MediaType{Kind: test.media}, false, func(n int) *apierr.Error {
				if left -= n; left < 0 {
					return refusal
				}
				return nil
			})
			runtime.ReadMemStats(&after)
			if allocated := after.TotalAlloc - before.TotalAlloc; err != refusal || allocated > 10*size {
				t.Errorf("error %v with %d bytes allocated", err, allocated)
			}
		})
	}
}

func TestStringSize(t *testing.T) {
	for c := range 256 {
		for _, text := range []string{"", "x", strings.Repeat("y", 20)} {
			field := []byte(text + string([]byte{byte(c)}) + text)
			if got, want := jsontext.StringSize(field), len(jsontext.AppendString(nil, field)); got != want {
				t.Errorf("%q: %d, want %d", field, got, want)
			}
		}
	}
}

// TestLongNames has names that no column has, which rows would repeat: the conversion is refused, whatever memory there
// is. The longest names of columns pass.
func TestLongNames(t *testing.T) {
	rows := strings.Repeat("1\n", 100_000)
	for size, refused := range map[int]bool{1: false, 63: false, 1000: true, 100_000: true} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := csvPayload([]byte(strings.Repeat("x", size)+"\n"+rows), nil)
		runtime.ReadMemStats(&after)
		if (err != nil) != refused || err != nil && err.Status != 413 {
			t.Errorf("names of %d bytes: %v", size, err)
		}
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 100<<20 {
			t.Errorf("names of %d bytes: %d bytes allocated", size, allocated)
		}
	}
}
