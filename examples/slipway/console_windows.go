package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// understands makes the console understand escape sequences, as those from Windows 10 on
// can, and reports whether it does.
func understands(file *os.File) bool {
	console := windows.Handle(file.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
