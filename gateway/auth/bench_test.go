package auth

import (
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

func BenchmarkAuthenticate(b *testing.B) {
	path, err := ParseRolePath("$.role")
	if err != nil {
		b.Fatal(err)
	}
	signed := encode([]byte(`{"alg":"HS256"}`)) + "." + encode([]byte(`{"role":"x","exp":9999999999}`))
	signature, err := jwt.SigningMethodHS256.Sign(signed, []byte(secret))
	if err != nil {
		b.Fatal(err)
	}
	header := "Bearer " + signed + "." + encode(signature)
	for name, size := range map[string]int{"cached": 10, "uncached": 0} {
		b.Run(name, func(b *testing.B) {
			a, err := New(&Options{Secret: []byte(secret), Role: path, CacheSize: size})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, problem := a.Authenticate(header, true); problem != nil {
					b.Fatal(problem)
				}
			}
		})
	}
}
