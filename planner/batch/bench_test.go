package batch

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkParse parses a batch of a hundred inserts.
func BenchmarkParse(b *testing.B) {
	var operations []string
	for i := range 100 {
		operations = append(operations, fmt.Sprintf(`{"method": "POST", "path": "/events", "body": {"name": "click", "value": %d}}`, i))
	}
	text := []byte("[" + strings.Join(operations, ",") + "]")
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, _, err := Parse(text, 100, "ref"); err != nil {
			b.Fatal(err)
		}
	}
}
