package main

import "syscall"

// endWithParent makes a process end when the demo does, even if that is killed.
func endWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGTERM }
