package gateway

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"trunkline/gateway/config"
)

func TestBodyLimits(t *testing.T) {
	for _, tt := range []struct {
		size, memory int
		available    int64
		all          int64
		one          int
		warning      string
	}{
		{100 << 20, 0, 1 << 30, 256 << 20, 100 << 20, ""},
		{100 << 20, 0, 40 << 20, 10 << 20, 10 << 20, "at most 10485760 bytes"},
		{1000, 2000, 40 << 20, 2000, 1000, ""},
		{2000, 1000, 40 << 20, 1000, 1000, "not the 2000 bytes of server-max-body-size"},
	} {
		var log bytes.Buffer
		cfg := &config.Config{ServerMaxBodySize: tt.size, ServerMaxBodyMemory: tt.memory}
		all, one := bodyLimits(cfg, func() int64 { return tt.available }, slog.New(slog.NewTextHandler(&log, nil)))
		if all != tt.all || one != tt.one {
			t.Errorf("%+v: %d, %d", tt, all, one)
		}
		if !strings.Contains(log.String(), tt.warning) || (tt.warning == "") != (log.Len() == 0) {
			t.Errorf("%+v: logged %q", tt, log.String())
		}
	}
}
