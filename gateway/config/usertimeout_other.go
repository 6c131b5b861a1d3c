//go:build !linux

package config

import "syscall"

// setUserTimeout does nothing: only Linux has the option. checkPlatform warns of it.
func setUserTimeout(syscall.RawConn, int) error { return nil }
