package demo

import "syscall"

// endWithParent makes a process end when the demo ends, even if the demo is killed.
func endWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGTERM }
