//go:build !linux

package main

import "syscall"

// endWithParent does nothing where the system has no such thing: a demo that is killed leaves its gateway behind.
func endWithParent(*syscall.SysProcAttr) {}
