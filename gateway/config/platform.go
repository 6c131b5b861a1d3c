package config

// checkPlatform checks what a system cannot do.
func (r *reading) checkPlatform(system string) {
	if system != "linux" && r.previous == nil {
		r.checkUserTimeout("db-uri", r.config.DBURI, system)
		r.checkUserTimeout("db-channel-uri", r.config.DBChannelURI, system)
	}
	if system != "windows" {
		return
	}
	if r.config.ServerReusePort {
		r.mistake("server-reuseport", problem("Windows has no SO_REUSEPORT"))
	}
	for _, key := range []string{"server-unix-socket", "admin-server-unix-socket"} {
		if r.origins[key] != "" {
			r.warn(key, "the mode is not set on Windows; the folder's permissions decide who may connect")
		}
	}
}

// checkUserTimeout warns of a connection string whose tcp_user_timeout has no effect.
func (r *reading) checkUserTimeout(key string, uri Secret, system string) {
	if limitsUnacknowledged(uri) {
		r.warn(key, userTimeout+" has no effect on "+system)
	}
}
