package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/gateway/config"
)

// logged returns what a logger under the configuration c writes.
func logged(c *config.Config, write func(*slog.Logger)) string {
	var out bytes.Buffer
	write(NewLogger(&out, func() *config.Config { return c }))
	return out.String()
}

func TestLogLevels(t *testing.T) {
	for level, want := range map[config.LogLevel]string{
		config.LogCrit:  "info warn error",
		config.LogError: "failure info warn error",
		config.LogWarn:  "failure info warn error",
		config.LogInfo:  "failure info warn error",
		config.LogDebug: "debug failure info warn error",
	} {
		got := logged(&config.Config{LogLevel: level}, func(l *slog.Logger) {
			l.Debug("debug")
			l.Log(t.Context(), LevelFailure, "failure")
			l.Info("info")
			l.Warn("warn")
			l.Error("error")
		})
		var messages []string
		for line := range strings.Lines(got) {
			_, message, _ := strings.Cut(strings.TrimSpace(line), ": ")
			messages = append(messages, message)
		}
		if strings.Join(messages, " ") != want {
			t.Errorf("level %d: got %q, want %s", level, messages, want)
		}
	}
}

func TestTextLines(t *testing.T) {
	undefined := &pgconn.PgError{Code: "42883", Message: "function f() does not exist", Hint: "No <function>"}
	tests := []struct {
		name  string
		write func(*slog.Logger)
		want  string
	}{
		{"plain", func(l *slog.Logger) { l.Info("Config reloaded") }, "Config reloaded"},
		{"attributes", func(l *slog.Logger) { l.With("a", 1).WithGroup("g").Info("x", "b", "two") }, "x a=1 g.b=two"},
		{"error", func(l *slog.Logger) { l.Error("Failed.", "error", errors.New("why")) }, "Failed. why"},
		{
			"error of the database",
			func(l *slog.Logger) { l.Error("Failed.", "error", fmt.Errorf("calling: %w", undefined)) },
			`Failed. {"code":"42883","details":null,"hint":"No <function>","message":"function f() does not exist"}`,
		},
		{"controls", func(l *slog.Logger) { l.Info("a\tb\x1b[31m", "c", "d\u009b1m\x7f\u2028\u0085é") }, "a\tb\\u001b[31m c=d\\u009b1m\\u007f\\u2028\\u0085é"},
		{"lines", func(l *slog.Logger) { l.Info("a\r\nb", "c", "d\ne") }, "a b c=d e"},
	}
	form := regexp.MustCompile(`^\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}: (.*)\n$`)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := logged(&config.Config{}, test.write)
			if m := form.FindStringSubmatch(got); m == nil || m[1] != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestJSONLines(t *testing.T) {
	got := logged(&config.Config{LogJSON: true, LogLevel: config.LogError}, func(l *slog.Logger) {
		l.With("n", 1).Log(t.Context(), LevelFailure, "two\nlines", "ok", true, "text", "<é>",
			"error", &pgconn.PgError{Code: "42883", Message: "m"})
		l.Warn("next", "error", errors.New("why"))
	})
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines: %s", len(lines), got)
	}
	for i, want := range []string{
		`,"level":"ERROR","message":"two\nlines","n":1,"ok":true,"text":"<é>",` +
			`"error":{"code":"42883","details":null,"hint":null,"message":"m"}}`,
		`,"level":"WARN","message":"next","error":"why"}`,
	} {
		if !json.Valid([]byte(lines[i])) || !strings.HasSuffix(lines[i], want) {
			t.Errorf("line %d is %s, want it to end with %s", i, lines[i], want)
		}
	}
}
