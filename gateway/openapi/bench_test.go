package openapi

import (
	"fmt"
	"testing"

	"trunkline/cache"
)

// BenchmarkOpenAPI31 describes 500 relations of 20 columns.
func BenchmarkOpenAPI31(b *testing.B) {
	in := &Input{Relationships: func(cache.QualifiedName) []*cache.Relationship { return nil }}
	for i := range 500 {
		table := &cache.Table{Name: harbour(fmt.Sprint("t", i)), Insertable: true, Updatable: true, Deletable: true}
		for j := range 20 {
			table.Columns = append(table.Columns, cache.Column{Name: fmt.Sprint("c", j), Type: "text", Nullable: true})
		}
		in.Tables = append(in.Tables, table)
	}
	b.ReportAllocs()
	for b.Loop() {
		document, err := OpenAPI31(in)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(document)))
	}
}
