//go:build !unix

package databases

import "syscall"

// nobody is how a process is started: as who one is.
func nobody(string) (*syscall.SysProcAttr, error) { return nil, nil }
