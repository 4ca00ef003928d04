// Command controlplane runs a Kubernetes control plane in one process: etcd, the
// API server, the controllers that a rollout needs, the scheduler, and simulated
// nodes. Everything but the nodes is the real thing; the nodes run no containers
// and report pods ready, or failing as the pods' annotations ask (see script.go).
//
//	controlplane up --dir DIR --kubeconfig FILE
//
// starts one, prints "ready FILE" on standard output when it can be used, and
// runs until SIGINT, SIGTERM or the end of its parent process. It then removes
// what it wrote: nothing is kept, so nothing needs to be safe on disk.
//
// Only SIGKILL leaves DIR behind. With --resume, the control plane that was killed
// goes on from there, with its data, its credentials and its address.
//
// It is for demos and tests on one machine. It listens on loopback only, on ports
// that the kernel chooses, so any number of instances run side by side.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(),
		os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	// When the parent has died, nobody reads what some library writes to standard
	// error, and that must not kill us before we have tidied up.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the process's exit status: 0 after an orderly end, 1 if the control
// plane broke, 2 if args make no sense.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	if err := up(ctx, o, stdout); err != nil {
		fmt.Fprintln(stderr, "controlplane:", err)
		return 1
	}
	return 0
}

// options are what the command line says.
type options struct {
	dir        string // holds all state; empty or absent when we start, unless resume
	resume     bool   // dir is that of a control plane that was killed
	kubeconfig string // written last, so that it exists only once all is ready
	parent     int    // process id; we end when it does
}

const usage = "usage: controlplane up --dir DIR --kubeconfig FILE [--resume] [--parent PID]"

// parse reads the command line. What is wrong with it goes to stderr, with the usage.
func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("up", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&o.dir, "dir", "", "directory for all state, absent or empty; emptied at the end")
	flags.BoolVar(&o.resume, "resume", false, "go on with what a killed control plane left in the directory")
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "file to write the administrator's kubeconfig to")
	flags.IntVar(&o.parent, "parent", os.Getppid(), "process id of the parent, whose end ends this")

	command := ""
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	if command != "up" && command != "-h" && command != "--help" {
		fmt.Fprintf(stderr, "controlplane: unknown command %q\n%s\n", command, usage)
		return o, errors.New("unknown command")
	}
	if command != "up" {
		flags.Usage()
		return o, flag.ErrHelp
	}
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.dir == "" || o.kubeconfig == "" || flags.NArg() > 0 {
		flags.Usage()
		return o, errors.New("incomplete command line")
	}
	var errDir, errFile error
	o.dir, errDir = filepath.Abs(o.dir)
	o.kubeconfig, errFile = filepath.Abs(o.kubeconfig)
	return o, errors.Join(errDir, errFile)
}
