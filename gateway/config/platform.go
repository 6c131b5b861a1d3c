package config

// checkPlatform checks what a system cannot do.
func (r *reading) checkPlatform(system string) {
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
