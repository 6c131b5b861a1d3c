package gateway

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"

	"trunkline/gateway/exec"
	"trunkline/gateway/journal"
)

// mistaken is a stream with a mistake in it.
type mistaken struct{}

func (mistaken) Read([]byte) (int, error) { panic("BUG: nothing but a test") }
func (mistaken) Close() error             { panic("BUG: nor is this") }

// TestMistakesWhileStreaming shows that a panic while a body is sent ends its answer only.
func TestMistakesWhileStreaming(t *testing.T) {
	log := new(lines)
	s := &bodyStream{
		result: &exec.Result{Stream: mistaken{}}, ctx: context.Background(), what: "GET /sites",
		log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: journal.LevelFailure})),
	}
	if _, err := s.WriteTo(io.Discard); !errors.Is(err, errMistake) {
		t.Errorf("writing: %v", err)
	}
	if _, err := s.Read(make([]byte, 1)); !errors.Is(err, errMistake) {
		t.Errorf("reading: %v", err)
	}
	if err := s.Close(); !errors.Is(err, errMistake) {
		t.Errorf("closing: %v", err)
	}
	for _, want := range []string{"BUG: nothing but a test", "the answer to GET /sites broke off"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log.String())
		}
	}
}
