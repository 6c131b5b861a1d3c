package config

import (
	"strings"
	"testing"
)

func TestPlatform(t *testing.T) {
	for _, system := range []string{"linux", "darwin", "windows"} {
		sources, err := readLayers("", []string{
			"PGRST_SERVER_REUSEPORT=true", "PGRST_SERVER_UNIX_SOCKET=/run/api",
			"PGRST_DB_URI=host=db tcp_user_timeout=9000", "PGRST_DB_CHANNEL_URI=postgres://db",
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		r := newReading(sources, nil)
		for _, key := range allKeys() {
			r.key(&key)
		}
		r.checkPlatform(system)
		told := r.mistakes.Error() + strings.Join(r.config.Warnings, "; ")
		timeout := "WARNING: db-uri (PGRST_DB_URI): tcp_user_timeout has no effect on " + system
		var want string
		switch system {
		case "darwin":
			want = timeout
		case "windows":
			want = "server-reuseport (PGRST_SERVER_REUSEPORT): Windows has no SO_REUSEPORT" +
				timeout + "; WARNING: server-unix-socket (PGRST_SERVER_UNIX_SOCKET): the mode is not set on Windows; " +
				"the folder's permissions decide who may connect"
		}
		if told != want {
			t.Errorf("%s: %s", system, told)
		}
	}
}
