package postgres

import "syscall"

// endWithParent has the kernel send an immediate shutdown when the parent
// dies, however it dies. It ends the server within milliseconds, as a crash
// would: a regular shutdown could go on for as long as a checkpoint takes,
// and keep the next start waiting.
func endWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGQUIT }
