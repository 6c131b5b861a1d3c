package session

import (
	"slices"
	"testing"
)

func TestRestoring(t *testing.T) {
	got := restoring(map[string]string{"TimeZone": "Asia/Tokyo", "client_encoding": "UTF8", "search_path": "api", "jit": "off"})
	if want := []string{`SET "timezone" = 'Asia/Tokyo'`, `SET "client_encoding" = 'UTF8'`}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
