//go:build !linux

package demo

import "syscall"

// endWithParent does nothing, because the system has no parent death signal: a killed demo leaves its gateway running.
func endWithParent(*syscall.SysProcAttr) {}
